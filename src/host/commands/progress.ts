import { l10n, ProgressLocation, window } from 'vscode';
import { formatBytes } from '../../core/format.js';
import type { Progress } from '../../core/ports.js';

/** What long work is given: how it is told to stop, and how it tells how far it is. */
export interface ProgressOptions {
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

/** Runs long work with a progress message that can be cancelled; cancelling aborts the signal. */
export async function withProgress<T>(title: string, work: (options: ProgressOptions) => Promise<T>): Promise<T> {
  return window.withProgress(
    { location: ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort());
      let percent = 0;
      return work({
        signal: controller.signal,
        onProgress: (state) => {
          const share = state.done !== undefined && state.total ? (100 * state.done) / state.total : undefined;
          const increment = share === undefined ? undefined : Math.max(0, share - percent);
          if (share !== undefined) percent = Math.max(percent, share);
          progress.report({ message: progressText(state), ...(increment === undefined ? {} : { increment }) });
        },
      });
    },
  );
}

/** `Copying model.safetensors (12.4 MB of 269 MB)`. */
function progressText({ message, done, total, unit }: Progress): string {
  if (done === undefined || unit === undefined) return message;
  const amount = (value: number): string => (unit === 'bytes' ? formatBytes(value) : String(value));
  return total === undefined
    ? l10n.t('{0} ({1})', message, amount(done))
    : l10n.t('{0} ({1} of {2})', message, amount(done), amount(total));
}
