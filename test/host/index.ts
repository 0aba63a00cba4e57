import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

declare const __RESULTS_FILE__: string;

interface TestResult {
  title: string;
  durationMs: number;
  error?: string;
}

/** VS Code's test runner calls this in the extension host. Results go to a file: the host's console does not reach us. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000 });
  mocha.suite.emit('pre-require', globalThis as unknown as Mocha.MochaGlobals, '', mocha);
  await import('./suites.js');
  const tests: TestResult[] = [];
  await new Promise<void>((resolve, reject) => {
    const runner = mocha.run((failures) => {
      const passes = tests.filter((test) => test.error === undefined).length;
      writeFileSync(__RESULTS_FILE__, JSON.stringify({ passes, failures, tests }));
      if (failures > 0) reject(new Error(`${failures} tests failed.`));
      else resolve();
    });
    runner.on('pass', (test) => tests.push({ title: test.fullTitle(), durationMs: test.duration ?? 0 }));
    runner.on('fail', (test, error: Error) =>
      tests.push({ title: test.fullTitle(), durationMs: test.duration ?? 0, error: error.stack ?? error.message }),
    );
  });
}
