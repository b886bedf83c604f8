import type { TokenStore } from './access-tokens.ts';
import type { BudgetStats, RateBudget } from './budget.ts';
import type { Catalog } from './catalog.ts';
import type { Checkout } from './checkout.ts';
import type { CallRecord } from './transport.ts';
import type { Clinics } from './clinics.ts';
import type { DynamicLinks } from './dynamic-links.ts';
import type { Events } from './events.ts';
import type { Files } from './files.ts';
import type { Labs } from './labs.ts';
import type { Metadata } from './metadata.ts';
import type { OAuth } from './oauth.ts';
import type { Patients } from './patients.ts';
import type { Plans } from './plans.ts';
import type { Practitioners } from './practitioners.ts';
import type { SessionGrants } from './session-grants.ts';
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
  stats(): FullscriptStats;
  /** Ends the budget's timers and connections. */
  close(): Promise<void>;
}

export interface FullscriptStats {
  inFlight: number;
  /** Waiting for one of the process's slots. */
  queued: number;
  budget: BudgetStats;
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
  /** Default: one for this process alone, of `settings.rateLimit`. */
  budget?: RateBudget | undefined;
}

export declare function createFullscript(needs: FullscriptNeeds): Fullscript;
