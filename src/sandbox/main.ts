import { defaultApp, defaultPort } from './defaults.ts';
import { seedPassword, seedUsers } from './seed/people.ts';
import { startSandbox } from './start.ts';

/*
 * The sandbox as a process of its own. Reads SANDBOX_PORT (4010), SANDBOX_HOST (127.0.0.1), SANDBOX_REDIRECT_URIS (comma-separated),
 * SANDBOX_WEBHOOK_TARGET (none), SANDBOX_RESTRICTED_ENDPOINTS (off) and SANDBOX_RATE_LIMIT (5000 in five minutes).
 */

const { env } = process;
const redirectUris = env['SANDBOX_REDIRECT_URIS']?.split(',').map((uri) => uri.trim()) ?? defaultApp.redirectUris;

const running = await startSandbox({
  port: Number(env['SANDBOX_PORT'] ?? defaultPort),
  host: env['SANDBOX_HOST'] ?? '127.0.0.1',
  app: { redirectUris },
  restrictedEndpoints: env['SANDBOX_RESTRICTED_ENDPOINTS'] === 'on',
  rateLimit: { limit: Number(env['SANDBOX_RATE_LIMIT'] ?? 5000) },
  webhooks: { target: env['SANDBOX_WEBHOOK_TARGET'] ?? null },
});

console.log(`Sandbox Fullscript

  pages          ${running.url}
  API            ${running.apiUrl}
  consent        ${running.authorizeUrl}
  administration ${running.url}/admin/summary

  client id      ${defaultApp.clientId}
  client secret  ${defaultApp.clientSecret}
  redirect URIs  ${redirectUris.join(' ')}
  webhooks to    ${running.sandbox.settings.webhooks.target ?? 'nobody'}
  challenge      ${defaultApp.challenge}
  webhook secret ${defaultApp.webhookSecret}
  embed key      ${defaultApp.embedPublicKey}

  logins (password "${seedPassword}")`);
for (const user of Object.values(seedUsers)) console.log(`    ${user.email.padEnd(24)} ${user.type}`);

let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    void running.stop().then(() => process.exit(0));
  });
