import { describe, expect, it } from 'vitest';
import { openFrame, readFrameEvent, type EmbedSession } from '../../../src/demo/page/embed-frame.ts';

const fullscriptUrl = 'https://fullscript.example';
const session: EmbedSession = {
  secretToken: 'grant-1',
  publicKey: 'key-1',
  patient: { id: null, firstName: 'Ingrid', lastName: 'Solheim', email: null, dateOfBirth: '1980-02-03' },
};
const options = { entrypoint: 'LABS' as const, frameId: 'frame-1', origin: 'https://emr.example' };

describe('the frame with Fullscript’s plan tool', () => {
  it('hands the patient over in a body, never in the address', async () => {
    const sent: unknown[] = [];
    const address = await openFrame(fullscriptUrl, session, {
      ...options,
      fetch: (url, init) => {
        sent.push(url, JSON.parse(String(init?.body)));
        return Promise.resolve(Response.json({ data_token: 'data-1' }));
      },
    });
    expect(sent).toEqual([
      'https://fullscript.example/api/embeddable/tokenize',
      { data: { first_name: 'Ingrid', last_name: 'Solheim', date_of_birth: '1980-02-03' } },
    ]);
    const { origin, pathname, searchParams } = new URL(address);
    expect(`${origin}${pathname}`).toBe('https://fullscript.example/api/embeddable/session/embed/entry');
    expect(Object.fromEntries(searchParams)).toEqual({
      data_token: 'data-1',
      secret_token: 'grant-1',
      entrypoint: 'labs',
      public_key: 'key-1',
      frame_id: 'frame-1',
      target_origin: 'https://emr.example',
    });
  });

  it('does not open when Fullscript refuses the patient', async () => {
    const refuse = () => Promise.resolve(Response.json({ error: 'no' }, { status: 400 }));
    await expect(openFrame(fullscriptUrl, session, { ...options, fetch: refuse })).rejects.toThrow('400');
  });

  it('is heard only when the message is from Fullscript and about this frame', () => {
    const data = { type: 'frame-1.treatmentPlan.activated' };
    const read = (message: { origin: string; data: unknown }) => readFrameEvent(message, fullscriptUrl, 'frame-1');
    expect(read({ origin: fullscriptUrl, data })).toEqual({ type: 'treatmentPlan.activated' });
    expect(read({ origin: 'https://elsewhere.example', data })).toBeNull();
    expect(read({ origin: fullscriptUrl, data: { type: 'frame-2.treatmentPlan.activated' } })).toBeNull();
    expect(read({ origin: fullscriptUrl, data: 'frame-1' })).toBeNull();
    expect(read({ origin: fullscriptUrl, data: null })).toBeNull();
  });
});
