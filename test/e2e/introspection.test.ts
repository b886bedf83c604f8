import { describe, expect, it } from 'vitest';
import { startDeployment } from '../support/deployment.ts';

const viewer = '{ fullscriptViewer { connectionStatus } }';

describe('Introspection', () => {
  const schemaOnly = [
    '{ __schema { types { name } } }',
    '{ __type(name: "Patient") { name } }',
    '{ _service { sdl } }',
  ];

  it('and the SDL need no token while introspection is on; nothing else comes with them', async () => {
    const deployment = await startDeployment();
    try {
      for (const query of schemaOnly) expect((await deployment.ask(null, query)).errors).toEqual([]);
      const mixed = await deployment.ask(null, '{ _service { sdl } fullscriptViewer { connectionStatus } }');
      expect(mixed.data ?? null).toBeNull();
      expect(mixed.errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
      const entities = await deployment.askEntities(null, [{ __typename: 'Practitioner', id: 'pr-ada' }], '__typename');
      expect(entities.errors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    } finally {
      await deployment.stop();
    }
  }, 60_000);

  it.each([
    ['INTROSPECTION is off', { INTROSPECTION: 'off' }],
    ['in production', { NODE_ENV: 'production' }],
  ])(
    'is refused when %s, with and without a token',
    async (_, env) => {
      const deployment = await startDeployment({ env });
      try {
        for (const query of schemaOnly) {
          for (const who of [null, 'u-admin']) {
            const answer = await deployment.ask(who, query);
            expect(answer.data ?? null).toBeNull();
            expect(answer.errors.length).toBeGreaterThan(0);
          }
        }
        expect((await deployment.ask('u-admin', viewer)).errors).toEqual([]);
        const page = await fetch(`${deployment.app.url}/graphql`, { headers: { accept: 'text/html' } });
        expect(await page.text()).not.toMatch(/<script/);
      } finally {
        await deployment.stop();
      }
    },
    60_000,
  );
});
