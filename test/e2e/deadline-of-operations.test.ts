import { afterEach, expect, it } from 'vitest';
import type { FaultInput } from '../../src/sandbox/faults.ts';
import { createCanaries } from '../support/canaries.ts';
import { collectRecords } from '../support/clinical-records.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { createEveryOperation } from '../support/every-operation.ts';

const deadlineMs = 1000;
/** What a busy machine may take on top of it; still much less than a call that nobody ends. */
const patienceMs = 5000;

let deployment: Deployment;
afterEach(() => deployment.stop());

it.each<{ name: string; fault: FaultInput; code: string }>([
  { name: 'hangs', fault: { latencyMs: 60_000 }, code: 'FULLSCRIPT_UNAVAILABLE' },
  {
    name: 'asks for two minutes of patience',
    fault: { status: 429, headers: { 'retry-after': '120' } },
    code: 'FULLSCRIPT_RATE_LIMITED',
  },
])(
  'every operation ends within FULLSCRIPT_DEADLINE_MS while Fullscript $name, with its code or with what is stored',
  async ({ fault, code }) => {
    deployment = await startDeployment({
      env: { FULLSCRIPT_DEADLINE_MS: String(deadlineMs), FULLSCRIPT_TIMEOUT_MS: '30000' },
    });
    const email = 'ada@cedarrow.example';
    await deployment.connect('u-ada', email);
    await deployment.connect('u-carla', 'carla@cedarrow.example');
    const records = await collectRecords(deployment, 'u-ada');
    const restricted = await deployment.startAnother({ FULLSCRIPT_RESTRICTED_ENDPOINTS: 'on' });
    const { steps, answers } = createEveryOperation(deployment, createCanaries(), records, {
      email,
      restrictedUrl: restricted.url,
    });
    deployment.sandbox.sandbox.faults.add(fault);
    const failed: string[] = [];
    // Those that change who is connected would leave nothing to be asked for; a file is no GraphQL and has time-outs of its own.
    for (const { name, run } of steps.filter((step) => !/connection|switch|unlink|result file/.test(step.name))) {
      const before = answers.length;
      const startedMs = performance.now();
      await run();
      const given = answers.slice(before);
      expect(performance.now() - startedMs, name).toBeLessThan((deadlineMs + patienceMs) * Math.max(1, given.length));
      const codes = given.flatMap(({ errors }) => errors.map(({ extensions }) => extensions['code']));
      expect(
        [...new Set(codes)].filter((each) => each !== code),
        name,
      ).toEqual([]);
      if (codes.length > 0) failed.push(name);
    }
    expect(failed).toEqual(expect.arrayContaining(['patient', 'plan', 'lab order', 'recommendation', 'embed session']));
    // Revoking is closed here at once; viewer, audit and reviews need nothing of Fullscript.
    for (const name of ['viewer', 'review', 'audit', 'revocation']) expect(failed).not.toContain(name);
  },
  240_000,
);
