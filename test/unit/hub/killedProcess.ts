/**
 * Calls one function of `mlflow.transformers` in a process of its own, and kills it (SIGKILL) at the first progress that
 * matches: { name, args, environment, killAt, killAfterBytes } as JSON.
 */
import { Fluent } from '../../../src/core/client/fluent.js';
import type { Progress } from '../../../src/core/ports.js';
import { createTransformers } from '../../../src/library/transformers.js';

export interface KilledCall {
  name: 'saveModel' | 'persistPretrainedModel';
  /** The options are the last of them. */
  args: [...unknown[], Record<string, unknown>];
  environment: Record<string, string>;
  /** Beginning of a progress message. */
  killAt: string;
  killAfterBytes: number;
}

const { name, args, environment, killAt, killAfterBytes } = JSON.parse(process.argv[2] ?? '') as KilledCall;
const options = args.pop() as Record<string, unknown>;
const onProgress = ({ message, done = 0 }: Progress): void => {
  if (message.startsWith(killAt) && done >= killAfterBytes) process.kill(process.pid, 'SIGKILL');
};
const call = createTransformers(new Fluent(), { environment })[name] as (...args: unknown[]) => Promise<unknown>;
await call(...args, { ...options, onProgress });
