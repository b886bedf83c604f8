import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { missingChromium } from './chromium.ts';
import { databaseReport } from './database.ts';

const missingServer =
  databaseReport().find(({ runs }) => !runs)?.reason ??
  'no server of this kind is named by TEST_DATABASE_URL or answers on 127.0.0.1:3306';

/** Parts of the suite that need something of the machine, found by the names of their suites. */
const parts: readonly { name: string; pattern: RegExp; missing: string }[] = [
  { name: 'SQLite', pattern: / on SQLite\b/, missing: 'no test was declared for it' },
  { name: 'MariaDB', pattern: / on MariaDB\b/, missing: missingServer },
  { name: 'MySQL', pattern: / on MySQL\b/, missing: missingServer },
  { name: 'Browser walk-through', pattern: /\bin a browser\b/, missing: missingChromium },
  { name: 'Redis', pattern: /\bover Redis\b|\ba Redis\b/, missing: 'no redis-server was found' },
];

/** Ends a run by saying which of these parts ran and which did not, and why; the last line is `N passed, N failed`. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const broken = modules.filter((module) => module.state() === 'failed' && countOf(module, 'failed') === 0).length;
    const lines = parts.map((part) => `${part.name}: ${describePart(tests, part.pattern, part.missing)}`);
    const failed = count(tests, 'failed') + broken + unhandledErrors.length;
    const skipped = count(tests, 'skipped');
    process.stdout.write(
      [
        '',
        'What ran here',
        ...lines.map((line) => `  ${line}`),
        ...(skipped > 0 ? [`  ${skipped} skipped`] : []),
        '',
      ].join('\n') + `\n${count(tests, 'passed')} passed, ${failed} failed\n`,
    );
  }
}

function describePart(tests: readonly TestCase[], pattern: RegExp, missing: string): string {
  const own = tests.filter((test) => pattern.test(test.fullName));
  const ran = own.length - count(own, 'skipped') - count(own, 'pending');
  if (ran > 0) return `ran, ${ran} tests`;
  // The suites of a server that is missing are not even declared; those of the other parts are, and are skipped.
  const wasChosen =
    own.length > 0 || (missing === missingServer && tests.some((test) => / on SQLite\b/.test(test.fullName)));
  return `did not run, because ${wasChosen ? missing : 'no test for it was part of this run'}`;
}

function count(tests: readonly TestCase[], state: ReturnType<TestCase['result']>['state']): number {
  return tests.filter((test) => test.result().state === state).length;
}

function countOf(module: TestModule, state: ReturnType<TestCase['result']>['state']): number {
  return count([...module.children.allTests()], state);
}
