import { createAccessTokens, type RefreshOutcome, type TokenStore } from './access-tokens.ts';
import { createLocalBudget, type RateBudget } from './budget.ts';
import { createCatalog, type Catalog } from './catalog.ts';
import { createCheckout, type Checkout } from './checkout.ts';
import { createTransport, type CallRecord, type TransportStats } from './transport.ts';
import { createClient } from './client.ts';
import { createClinics, type Clinics } from './clinics.ts';
import { createDynamicLinks, type DynamicLinks } from './dynamic-links.ts';
import { createEvents, type Events } from './events.ts';
import { createFiles, type Files } from './files.ts';
import { createLabs, type Labs } from './labs.ts';
import { createMetadata, type Metadata } from './metadata.ts';
import { createOAuth, type OAuth } from './oauth.ts';
import { createPatients, type Patients } from './patients.ts';
import { createPlans, type Plans } from './plans.ts';
import { createPractitioners, type Practitioners } from './practitioners.ts';
import { createSessionGrants, type SessionGrants } from './session-grants.ts';
import type { FullscriptLog, FullscriptSettings } from './settings.ts';

/** Everything that can be asked of Fullscript. Every method throws FullscriptFailure and nothing else, short of a bug. */
export interface Fullscript {
  oauth: OAuth;
  clinics: Clinics;
  practitioners: Practitioners;
  staff: Practitioners;
  metadata: Metadata;
  patients: Patients;
  plans: Plans;
  dynamicLinks: DynamicLinks;
  catalog: Catalog;
  labs: Labs;
  checkout: Checkout;
  sessionGrants: SessionGrants;
  events: Events;
  files: Files;
  /** For metrics. */
  stats(): TransportStats;
  /** Waits up to 10 s until refreshed tokens are stored, then ends the budget's timers and connections. */
  close(): Promise<void>;
}

export interface FullscriptNeeds {
  settings: FullscriptSettings;
  tokens: TokenStore;
  fetch?: typeof fetch | undefined;
  now?: (() => Date) | undefined;
  /** 0 up to 1. */
  random?: (() => number) | undefined;
  log: FullscriptLog;
  /** Told of every attempt, for logs and metrics. */
  onCall?: ((record: CallRecord) => void) | undefined;
  /** Told of every refresh of tokens that was sent, for metrics. */
  onRefresh?: ((outcome: RefreshOutcome) => void) | undefined;
  /** Default: one for this process alone, of `settings.rateLimit`. */
  budget?: RateBudget | undefined;
}

/** Joins the ring and the resources. Nothing is asked until a method is called. */
export function createFullscript(needs: FullscriptNeeds): Fullscript {
  const { settings, tokens, log } = needs;
  const now = needs.now ?? (() => new Date());
  const random = needs.random ?? Math.random;
  const budget = needs.budget ?? createLocalBudget({ limit: settings.rateLimit, now });
  const transport = createTransport({
    settings,
    budget,
    fetch: needs.fetch ?? fetch,
    now,
    random,
    log,
    onCall: needs.onCall ?? (() => undefined),
  });
  const oauth = createOAuth({ settings, transport, now, log });
  const accessTokens = createAccessTokens({
    store: tokens,
    oauth,
    now,
    random,
    log,
    onRefresh: needs.onRefresh,
    refreshMarginSeconds: settings.refreshMarginSeconds,
    leaseMs: settings.refreshLeaseMs,
  });
  const client = createClient({ transport, accessTokens, store: tokens, now, log });
  const metadata = createMetadata(client);
  return {
    oauth,
    clinics: createClinics(client),
    practitioners: createPractitioners(client, 'practitioners'),
    staff: createPractitioners(client, 'staff'),
    metadata,
    patients: createPatients(client, metadata),
    plans: createPlans(client),
    dynamicLinks: createDynamicLinks(client),
    catalog: createCatalog(client),
    labs: createLabs(client, settings.environment),
    checkout: createCheckout(client),
    sessionGrants: createSessionGrants(client, now),
    events: createEvents(client, now),
    files: createFiles({ settings, transport, accessTokens, now, random }),
    stats: () => transport.stats(),
    async close() {
      await accessTokens.close();
      await budget.close();
    },
  };
}
