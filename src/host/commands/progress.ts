import { ProgressLocation, window } from 'vscode';
import { formatBytes } from '../../core/format.js';
import type { LongRunningOptions, Progress } from '../../core/ports.js';

/** Runs long work with a progress message that can be cancelled; cancelling aborts the signal. */
export async function withProgress<T>(
  title: string,
  work: (options: Required<LongRunningOptions>) => Promise<T>,
): Promise<T> {
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
export function progressText({ message, done, total, unit }: Progress): string {
  if (done === undefined) return message;
  const amount = (value: number): string => (unit === 'bytes' ? formatBytes(value) : String(value));
  return total === undefined ? `${message} (${amount(done)})` : `${message} (${amount(done)} of ${amount(total)})`;
}
