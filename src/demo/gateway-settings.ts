/** What the gateway that runs by itself is told by its environment. */
export interface GatewaySettings {
  /** GATEWAY_HOST: what it listens on; 127.0.0.1. */
  host: string;
  /** GATEWAY_PORT: 4000; 0 lets the system choose. */
  port: number;
  /** SUBGRAPH_URL: the GraphQL address of this product's subgraph. */
  subgraphUrl: string;
  /** EMR_SUBGRAPH_URL: the GraphQL address of the EMR's subgraph. */
  emrUrl: string;
  /** GATEWAY_SECRET: goes to our subgraph as `x-gateway-secret`, the first one of a list; null sends none. */
  secret: string | null;
}

/** The environment cannot be used. The message has one line per fault, the variable's name first, and no value. */
export class GatewaySettingsError extends Error {
  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'GatewaySettingsError';
  }
}

function isHttpUrl(text: string): boolean {
  try {
    return ['http:', 'https:'].includes(new URL(text).protocol);
  } catch {
    return false;
  }
}

/** Reads the gateway's settings. Blanks around values are dropped and an empty variable counts as not set. Throws GatewaySettingsError that names every fault. */
export function readGatewaySettings(environment: Record<string, string | undefined>): GatewaySettings {
  const faults: string[] = [];
  const find = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const readUrl = (name: string): string => {
    const given = find(name);
    if (given === undefined) faults.push(`${name}: is required`);
    else if (!isHttpUrl(given)) faults.push(`${name}: must be an absolute http(s) address`);
    return given ?? '';
  };
  const port = find('GATEWAY_PORT') ?? '4000';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    faults.push('GATEWAY_PORT: must be a whole number from 0 to 65535');
  }
  const settings = {
    host: find('GATEWAY_HOST') ?? '127.0.0.1',
    port: Number(port),
    subgraphUrl: readUrl('SUBGRAPH_URL'),
    emrUrl: readUrl('EMR_SUBGRAPH_URL'),
    // The subgraph takes several while the secret is changed; any of them will do.
    secret:
      find('GATEWAY_SECRET')
        ?.split(/[\s,]+/)
        .find((entry) => entry !== '') ?? null,
  };
  if (faults.length > 0) throw new GatewaySettingsError(faults);
  return settings;
}
