/** Whether `header` signs `rawBody`. */
export declare function verify(
  rawBody: Uint8Array | string,
  header: string | null | undefined,
  secrets: readonly string[],
  now: Date,
  toleranceSeconds?: number,
): boolean;
export declare function sign(rawBody: Uint8Array | string, secret: string, at: Date): string;
