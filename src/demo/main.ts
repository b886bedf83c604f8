import { fileURLToPath } from 'node:url';

import { ConfigError, readEnvironment } from '../config.ts';
import { seedPassword, seedUsers } from '../sandbox/seed/people.ts';
import { PortTakenError, portVariables, startDemo, type DemoPorts, type RunningDemo } from './start.ts';
import { getWalkthroughStep } from './walkthrough.ts';

/*
 * `npm start`: the whole demo in one process. DEMO_PORT (4000), PORT (4001), EMR_PORT (4002) and SANDBOX_PORT (4010) move
 * it, DATABASE_URL keeps the subgraph's data somewhere else than in a file that is made afresh at each start.
 */

const defaultPorts: DemoPorts = { demo: 4000, subgraph: 4001, emr: 4002, sandbox: 4010 };

/** One press of Ctrl-C can arrive twice, from the terminal and from npm; what comes this soon after is the same press. */
const samePressMs = 500;

function readPorts(environment: Record<string, string | undefined>): DemoPorts {
  const ports = { ...defaultPorts };
  for (const part of Object.keys(ports) as (keyof DemoPorts)[]) {
    const given = environment[portVariables[part]]?.trim();
    if (!given) continue;
    const port = Number(given);
    if (!/^\d+$/.test(given) || port > 65_535) {
      throw new RangeError(`${portVariables[part]} must be a port number from 0 to 65535.`);
    }
    ports[part] = port;
  }
  return ports;
}

async function printDemo(demo: RunningDemo, tookSeconds: number): Promise<void> {
  const tokens = await Promise.all(
    [
      { role: 'admin', userId: 'u-admin' },
      { role: 'practitioner', userId: 'u-ada' },
      { role: 'staff', userId: 'u-carla' },
    ].map(async ({ role, userId }) => ({
      role,
      name: demo.emr.users.find((user) => user.id === userId)?.name ?? userId,
      token: await demo.emr.tokenFor(userId),
    })),
  );
  const practitionerToken = tokens.find(({ role }) => role === 'practitioner')?.token ?? '';
  const { query } = getWalkthroughStep('viewer');
  const body = JSON.stringify({ query: query.replace(/\s+/g, ' ') });

  console.log(`
Juniper EMR with Fullscript, on this machine alone. Every person in it is invented.

  EMR page      ${demo.url}
  Playground    ${demo.playgroundUrl}
  Supergraph    ${demo.graphqlUrl}

  Subgraph      ${demo.subgraph.url}/graphql
  EMR           ${demo.emr.graphqlUrl}
  Fullscript    ${demo.sandbox.url}  (sandbox; sign in as ${seedUsers.ada.email}, password ${seedPassword})

Tokens, good for twelve hours
${tokens.map(({ role, name, token }) => `\n  ${role.padEnd(13)} ${name}\n  ${token}`).join('\n')}

First query, as the practitioner
  In the playground: open it and press the run button. The numbered steps above the editor go on from there.
  In a shell:

curl -s ${demo.graphqlUrl} \\
  -H 'content-type: application/json' \\
  -H 'authorization: Bearer ${practitionerToken}' \\
  -d '${body}'

Ready after ${tookSeconds.toFixed(1)} s. Ctrl-C stops everything.`);
}

async function main(): Promise<void> {
  let starting: Promise<RunningDemo> | undefined;
  let stoppingSinceMs: number | undefined;
  const onSignal = (): void => {
    if (stoppingSinceMs !== undefined) {
      if (performance.now() - stoppingSinceMs > samePressMs) process.exit(130);
      return;
    }
    stoppingSinceMs = performance.now();
    console.log('\nStopping. Once more forces it.');
    void (async () => {
      try {
        await (await starting)?.stop();
        console.log('Stopped.');
        process.exit(0);
      } catch {
        process.exit(1);
      }
    })();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);

  const environment = readEnvironment();
  const databaseUrl = environment['DATABASE_URL']?.trim();
  try {
    console.log('Starting Fullscript sandbox, EMR, subgraph and gateway.');
    starting = startDemo({
      ports: readPorts(environment),
      env: environment,
      ...(databaseUrl
        ? { databaseUrl }
        : { freshDatabaseFile: fileURLToPath(new URL('../../data/demo.db', import.meta.url)) }),
    });
    const demo = await starting;
    if (stoppingSinceMs === undefined) await printDemo(demo, process.uptime());
  } catch (error) {
    const isPlain = error instanceof PortTakenError || error instanceof RangeError || error instanceof ConfigError;
    console.error(isPlain ? error.message : error);
    process.exit(1);
  }
}

await main();
