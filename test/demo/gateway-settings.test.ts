import { describe, expect, it } from 'vitest';

import { readGatewaySettings } from '../../src/demo/gateway-settings.ts';

const addresses = { SUBGRAPH_URL: 'http://subgraph:4001/graphql', EMR_SUBGRAPH_URL: 'https://emr.example/graphql' };

describe('readGatewaySettings', () => {
  it('has defaults for all but the two addresses', () => {
    expect(readGatewaySettings({ ...addresses, GATEWAY_PORT: ' ', GATEWAY_SECRET: '' })).toEqual({
      host: '127.0.0.1',
      port: 4000,
      subgraphUrl: 'http://subgraph:4001/graphql',
      emrUrl: 'https://emr.example/graphql',
      secret: null,
    });
  });

  it('sends the first of several secrets', () => {
    expect(readGatewaySettings({ ...addresses, GATEWAY_SECRET: ' new-one, old-one' }).secret).toBe('new-one');
  });

  it('names every fault at once, without the values', () => {
    const environment = { GATEWAY_PORT: '70000', SUBGRAPH_URL: 'ftp://subgraph' };
    const faults = [
      'GATEWAY_PORT: must be a whole number from 0 to 65535',
      'SUBGRAPH_URL: must be an absolute http(s) address',
      'EMR_SUBGRAPH_URL: is required',
    ];
    expect(() => readGatewaySettings(environment)).toThrow(expect.objectContaining({ message: faults.join('\n') }));
  });
});
