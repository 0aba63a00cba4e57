import { AsyncLocalStorage } from 'node:async_hooks';
import type { Run } from '../tracking/entities.js';

/**
 * The runs that are active, innermost last. Inside a callback of `startRun` they belong to that callback and what it awaits,
 * so that callbacks that run side by side do not see each other's runs; runs started without one belong to the process.
 */
export class ActiveRuns {
  private readonly storage = new AsyncLocalStorage<Run[]>();
  private readonly ofProcess: Run[] = [];

  get stack(): Run[] {
    return this.storage.getStore() ?? this.ofProcess;
  }

  get current(): Run | undefined {
    return this.stack.at(-1);
  }

  runInside<T>(run: Run, action: () => Promise<T>): Promise<T> {
    return this.storage.run([...this.stack, run], action);
  }
}
