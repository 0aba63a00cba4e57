import { MlflowError } from '../../core/errors.js';
import type { PredictEvent } from '../../protocol/inference.js';
import type { Answer, RunInput } from '../../protocol/panel.js';
import { answerView } from './answerView.js';
import type { ModelSession } from './modelSession.js';
import { panelError } from './panelErrors.js';
import { shownJson } from './rawText.js';

/** Tokens are sent to the panel this often: about once a frame. */
const flushMs = 16;

/** An answer that has not begun. */
export function waitingAnswer(modelId: string, modelName: string): Answer {
  return {
    modelId,
    modelName,
    status: 'waiting',
    text: '',
    view: null,
    raw: null,
    isRawCut: false,
    stats: null,
    finishReason: null,
    warnings: [],
    error: null,
  };
}

export interface AnswerSink {
  text(text: string): void;
  fields(fields: Partial<Answer>): void;
}

/**
 * Asks one model and tells `sink` what it says: text while it comes, then the whole answer. It never rejects: what goes wrong
 * is part of the answer. Resolves with `predictions` for whoever wants the uncut answer.
 */
export async function runAnswer(
  session: ModelSession,
  input: RunInput,
  signal: AbortSignal,
  sink: AnswerSink,
): Promise<unknown> {
  const tokens = new TokenBuffer((text) => sink.text(text));
  try {
    const prediction = await session.predict(input, { signal, onEvent: (event) => tokens.receive(event) });
    tokens.flush();
    const view = answerView(session.task, input.data, prediction);
    const text = finalText(tokens.all, view);
    sink.fields({
      status: prediction.finishReason === 'cancelled' ? 'stopped' : 'done',
      ...(text === null ? {} : { text }),
      view,
      ...shownJson(prediction.predictions),
      stats: prediction.stats,
      finishReason: prediction.finishReason,
      warnings: prediction.warnings,
    });
    return prediction.predictions;
  } catch (error) {
    tokens.flush();
    const isCancelled = MlflowError.from(error).errorCode === 'CANCELLED';
    sink.fields(isCancelled ? { status: 'stopped' } : { status: 'failed', error: panelError(error) });
    return undefined;
  }
}

/**
 * What a generating model answered. MLflow's answer may repeat the prompt (it is in `raw` as it is); what was streamed does
 * not, so that is shown.
 */
function finalText(streamed: string, view: ReturnType<typeof answerView>): string | null {
  if (view.kind !== 'text' || view.texts.length !== 1) return null;
  const [text = ''] = view.texts;
  const isTail = streamed.trim() !== '' && text.trimEnd().endsWith(streamed.trim());
  return isTail ? streamed.trim() : text;
}

/** Collects the first sequence's tokens and passes them on in frames. */
class TokenBuffer {
  all = '';
  private pending = '';
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly send: (text: string) => void) {}

  receive(event: PredictEvent): void {
    if (event.type !== 'token' || event.sequence !== 0 || event.text === '') return;
    this.all += event.text;
    this.pending += event.text;
    this.timer ??= setTimeout(() => this.flush(), flushMs);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const text = this.pending;
    this.pending = '';
    if (text !== '') this.send(text);
  }
}
