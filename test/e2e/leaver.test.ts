import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { listLiveTokens, readViewer } from '../support/connecting.ts';
import { startDeployment } from '../support/deployment.ts';
import { waitFor } from '../support/reading.ts';

const ada = 'ada@cedarrow.example';

/** The command that docs/emr.md prints for somebody who leaves. */
function readCommand(): string {
  const text = readFileSync(new URL('../../docs/emr.md', import.meta.url), 'utf8');
  const command = /### When somebody leaves[\s\S]*?```sh\n([\s\S]*?)```/.exec(text)?.[1];
  if (!command) throw new Error('docs/emr.md has no such command');
  return command;
}

it('The EMR’s hook of docs/emr.md switches a leaver off and ends their authorization, as printed; back again they connect anew', async () => {
  const deployment = await startDeployment({ env: { WORKER: 'on', GATEWAY_SECRET: undefined } });
  try {
    await deployment.connect('u-ada', ada);
    const run = async (): Promise<unknown> => {
      const { stdout } = await promisify(execFile)('sh', ['-c', readCommand()], {
        env: {
          PATH: process.env['PATH'],
          SUPERGRAPH_URL: `${deployment.app.url}/graphql`,
          EMR_TOKEN: await deployment.emr.serviceToken(),
          USER_ID: 'u-ada',
        },
      });
      return JSON.parse(stdout) as unknown;
    };
    expect(await run()).toMatchObject({
      data: { setFullscriptEnabled: { enabled: false }, revoke: { revocation: { total: 1 } } },
    });
    expect(await run()).toMatchObject({ data: { revoke: { revocation: { total: 0 } } } });
    await waitFor('Fullscript to have ended it', () => listLiveTokens(deployment, ada).length === 0, 30_000);
    expect(await readViewer(deployment, 'u-ada')).toMatchObject({ connectionStatus: 'DISABLED', accounts: [] });
    await deployment.ask(
      'service',
      'mutation { setFullscriptEnabled(input: { userId: "u-ada", enabled: true }) { enabled } }',
    );
    expect((await readViewer(deployment, 'u-ada')).connectionStatus).toBe('NOT_CONNECTED');
    await deployment.connect('u-ada', ada);
    expect((await readViewer(deployment, 'u-ada')).connectionStatus).toBe('CONNECTED');
  } finally {
    await deployment.stop();
  }
}, 120_000);
