import type { PythonSession } from './pythonSession.js';

interface Answer<T> {
  result?: T;
  error?: { message: string };
  trace?: string;
}

/**
 * Runs a piece of Python in a session, with `question` at hand; what it leaves in `result` is the answer.
 * @throws with Python's trace
 */
export async function runPiece<T>(session: PythonSession, code: string, question: object = {}): Promise<T> {
  const answer = await session.ask<Answer<T>>('python', { ...question, code });
  if (answer.error) throw new Error(`Python (${session.generation}): ${answer.trace ?? answer.error.message}`);
  return answer.result as T;
}
