import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/**
 * Prints `N passed, N failed` as the very last line; a module that failed to load counts as a failure. Above it stands
 * a line for each failure, beginning with FAILED: the gate repeats those lines where its own output ends.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const failures = errors.map((error) => `outside of any test: ${firstLine(error)}`);
    let passed = 0;
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId);
      const tests = [...module.children.allTests()];
      const failed = tests.filter((test) => test.result().state === 'failed');
      passed += tests.filter((test) => test.result().state === 'passed').length;
      failures.push(...failed.map((test) => `${file} > ${test.fullName}: ${reason(test)}`));
      if (module.state() === 'failed' && failed.length === 0)
        failures.push(`${file}: ${firstLine(module.errors()[0])}`);
    }
    process.once('exit', () => {
      for (const failure of failures) process.stdout.write(`\nFAILED ${failure}`);
      process.stdout.write(`\n${passed} passed, ${failures.length} failed\n`);
    });
  }
}

const reason = (test: TestCase) => firstLine(test.result().errors?.[0]);

const firstLine = (error: unknown) =>
  String((error as { message?: unknown } | undefined)?.message ?? error ?? 'it says no more').split('\n')[0];
