import { window, type LogOutputChannel } from 'vscode';
import type { Log } from '../../core/ports.js';
import { redact } from './redact.js';

/** The output channel "MLflow". Secrets are taken out of every line. */
export class HostLog implements Log {
  private readonly channel: LogOutputChannel = window.createOutputChannel('MLflow', { log: true });

  debug(message: string): void {
    this.channel.debug(redact(message));
  }

  info(message: string): void {
    this.channel.info(redact(message));
  }

  warn(message: string): void {
    this.channel.warn(redact(message));
  }

  error(message: string): void {
    this.channel.error(redact(message));
  }

  show(): void {
    this.channel.show(true);
  }

  dispose(): void {
    this.channel.dispose();
  }
}
