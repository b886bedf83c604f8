import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sign, verify } from '../../src/fullscript/webhook-signature.ts';

const at = new Date('2026-03-02T14:00:00.000Z');
const seconds = at.getTime() / 1000;
const body = Buffer.from('{"event":{"id":"e1","note":"Müller 🌿"}}', 'utf8');
const after = (s: number) => new Date(at.getTime() + s * 1000);

describe('verify', () => {
  test('takes what Fullscript computes: HMAC-SHA256 over time, a dot and the raw bytes', () => {
    const digest = createHmac('sha256', 'key')
      .update(Buffer.concat([Buffer.from(`${seconds}.`), body]))
      .digest('hex');
    expect(verify(body, `t=${seconds},v1=${digest}`, ['key'], at)).toBe(true);
    expect(sign(body, 'key', at)).toBe(`t=${seconds},v1=${digest}`);
  });

  test('text and bytes are the same; other bytes are not', () => {
    const header = sign(body, 'key', at);
    expect(verify(body.toString('utf8'), header, ['key'], at)).toBe(true);
    expect(verify(Buffer.concat([body, Buffer.from(' ')]), header, ['key'], at)).toBe(false);
    expect(verify(JSON.stringify(JSON.parse(body.toString()), null, 1), header, ['key'], at)).toBe(false);
  });

  test('any of several secrets will do while one is being replaced; none, or a wrong one, will not', () => {
    const header = sign(body, 'old', at);
    expect(verify(body, header, ['new', 'old'], at)).toBe(true);
    expect(verify(body, header, ['new'], at)).toBe(false);
    expect(verify(body, header, [], at)).toBe(false);
    expect(verify(body, sign(body, '', at), [''], at)).toBe(false);
  });

  test('is too old, or too far ahead, beyond 300 s', () => {
    const header = sign(body, 'key', at);
    expect(verify(body, header, ['key'], after(300))).toBe(true);
    expect(verify(body, header, ['key'], after(301))).toBe(false);
    expect(verify(body, header, ['key'], after(-301))).toBe(false);
    expect(verify(body, header, ['key'], after(20), 10)).toBe(false);
  });

  test('the time belongs to what is signed', () => {
    const header = sign(body, 'key', at).replace(`t=${seconds}`, `t=${seconds + 1}`);
    expect(verify(body, header, ['key'], at)).toBe(false);
  });

  test('one of several signatures is enough', () => {
    const header = `${sign(body, 'key', at)},v1=${'0'.repeat(64)},v0=x`;
    expect(verify(body, header, ['key'], at)).toBe(true);
    expect(verify(body, `t=${seconds},v1=${'0'.repeat(64)}`, ['key'], at)).toBe(false);
  });

  test.each([undefined, null, '', 't=,v1=', 't=1', 'v1=abc', `t=NaN,v1=${'0'.repeat(64)}`, 'x'.repeat(5000)])(
    'refuses the header %j without throwing',
    (header) => {
      expect(verify(body, header, ['key'], at)).toBe(false);
    },
  );
});
