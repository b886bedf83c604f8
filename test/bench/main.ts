import { writeFileSync } from 'node:fs';
import { testDatabases } from '../support/database.ts';
import { benchPages, printPages, type PageResult, type PageSettings } from './pages.ts';
import { printSoaks, soakDatabase, type SoakResult } from './soak.ts';

/*
 * `npm run bench`, compiled as for production, on each database that is there. First the page of 50 patients, cold and warm, next to (A) a bare server that runs the same SQL by hand,
 * (B) the same answer from memory, (C) a default stand-alone Apollo Server with the same resolvers. Everything is compared within this one
 * run, in turns; only ratios mean anything. Then the soak. Fails when answers differ, or when the soak does.
 */

const settings: PageSettings = {
  seconds: Number(process.env['BENCH_SECONDS'] ?? 5),
  rounds: Number(process.env['BENCH_ROUNDS'] ?? 3),
  connections: 20,
};
/** 0 leaves the soak out. */
const soakSeconds = Number(process.env['BENCH_SOAK_SECONDS'] ?? 120);

const pages: PageResult[] = [];
const soaks: SoakResult[] = [];
for (const engine of testDatabases()) {
  const run = async (work: (url: string) => Promise<unknown>): Promise<void> => {
    const opened = await engine.open({ migrate: false });
    try {
      await work(opened.url);
    } finally {
      await opened.close();
    }
  };
  if (settings.rounds > 0) await run(async (url) => pages.push(await benchPages(engine.name, url, settings)));
  if (soakSeconds > 0) await run(async (url) => soaks.push(await soakDatabase(engine.name, url, soakSeconds)));
}

printPages(pages, settings);
const isWell = printSoaks(soaks);
writeFileSync(
  'bench-results.json',
  `${JSON.stringify({ ...settings, node: process.version, results: pages, soaks }, null, 2)}\n`,
);
if (!isWell || pages.some(({ sameAnswer }) => !sameAnswer)) process.exitCode = 1;
