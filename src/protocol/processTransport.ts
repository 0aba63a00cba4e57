import type { ChildProcess } from 'node:child_process';
import { MlflowError } from '../core/errors.js';
import type { Transport } from './channel.js';

/** The parent's end: messages to and from a forked child. Posting to a child that is gone does nothing; its owner hears of it. */
export function childTransport(child: ChildProcess): Transport {
  return {
    post(message) {
      if (child.connected) child.send(message as object, () => undefined);
    },
    onMessage: (listener) => void child.on('message', listener),
  };
}

/** The child's end. `onClose` is called when the parent is gone. */
export function parentTransport(): Transport {
  return {
    post(message) {
      if (process.connected) process.send?.(message as object, undefined, undefined, () => undefined);
    },
    onMessage: (listener) => void process.on('message', listener),
    onClose: (listener) =>
      void process.once('disconnect', () => listener(MlflowError.cancelled('The process that asked is gone.'))),
  };
}
