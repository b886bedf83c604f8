/** What an authorization code gives. */
export interface GrantedTokens {
  accessToken: string;
  refreshToken: string;
  /** ISO instant. */
  expiresAt: string;
  scopes: string[];
  ownerId: string;
  /** Fullscript's word (`Practitioner`, `Staff`, legacy `Clinic`), in capitals. */
  ownerType: string;
  clinicId: string | null;
}

/** What a refresh gives. `scopes` is empty when Fullscript did not repeat them. */
export type RefreshedTokens = Pick<GrantedTokens, 'accessToken' | 'refreshToken' | 'expiresAt' | 'scopes'>;

export interface OAuth {
  /** The address that the browser is sent to. */
  toAuthorizeUrl(state: string): string;
  /**
   * Throws `rejected` for a code that is wrong, used, or too old, `unavailable` for everything temporary, including refused client credentials
   * (a fault of the configuration, logged as an error), `contract` for what cannot be read.
   */
  exchangeCode(code: string, options?: OAuthOptions): Promise<GrantedTokens>;
  /** Like `exchangeCode`; `rejected` only when Fullscript definitely refuses the refresh token. */
  refresh(refreshToken: string, options?: OAuthOptions): Promise<RefreshedTokens>;
  /** 'confirmed' for 200 and for 400 saying that the token is not valid; everything else throws and is to be tried again. */
  revoke(token: string, options?: OAuthOptions): Promise<'confirmed'>;
}

export interface OAuthOptions {
  priority?: 'interactive' | 'background' | undefined;
  signal?: AbortSignal | undefined;
  requestId?: string | undefined;
  maxWaitMs?: number | undefined;
}
