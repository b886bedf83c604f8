import { FullscriptFailure } from '../../src/domain/errors.ts';
import { createLogger } from '../../src/logger.ts';
import { endOnUncaught } from '../../src/process.ts';

/* A process that runs into an error which nobody catches: thrown, or with `rejected` out of a promise that nobody waits for. */
endOnUncaught(createLogger({ level: 'info' }));
const failure = Object.assign(
  new FullscriptFailure('rejected', 'Fullscript refused the input', { reasons: ['Kanarie0001Qx7 is taken'] }),
  { parameters: ['Kanarie0002Qx7'], body: { email: 'kanarie0003qx7@canary.example' } },
);
if (process.argv[2] === 'rejected') void Promise.reject(failure);
else
  setTimeout(() => {
    throw failure;
  }, 1);
