import type { FullscriptEnvironment } from '../domain/account.ts';

/** What this room needs to know about the deployment. */
export interface FullscriptSettings {
  environment: FullscriptEnvironment;
  /** The REST base, ending in `/api`. */
  apiUrl: string;
  /** Where `connect` sends the browser. */
  authorizeUrl: string;
  clientId: string;
  clientSecret: string;
  /** Exactly as registered with Fullscript. */
  redirectUri: string;
  /** Calls per 300 s that this process may make (already divided by the number of replicas). */
  rateLimit: number;
  /** Per attempt, headers and body together. */
  timeoutMs: number;
  /** Calls in flight in this process. */
  maxConcurrency: number;
  /** How long before its expiry an access token is refreshed. Default 300. */
  refreshMarginSeconds?: number | undefined;
  /** How long a process that died keeps others from refreshing. Default 10 000. */
  refreshLeaseMs?: number | undefined;
  /** In place of `timeoutMs`, for an attempt to refresh. Default 30 000. */
  refreshTimeoutMs?: number | undefined;
  /** Default `fullscript-subgraph`. */
  userAgent?: string | undefined;
}

/** The part of a logger that this room uses; a pino logger fits. Fields never hold tokens, query values or patient data. */
export interface FullscriptLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
