import { describe, expect, it } from 'vitest';
import {
  findConnectMemory,
  forgetConnect,
  readOauthReturn,
  rememberConnect,
} from '../../../src/demo/page/oauth-return.ts';

function createStorage() {
  const values = new Map<string, string>();
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
    values,
  };
}

describe('the return from Fullscript', () => {
  it('reads what the address carries', () => {
    expect(readOauthReturn('?code=a%2Bb&state=s1')).toEqual({ code: 'a+b', state: 's1', error: null });
    expect(readOauthReturn('?error=access_denied&state=s1')).toEqual({
      code: null,
      state: 's1',
      error: 'access_denied',
    });
    expect(readOauthReturn('')).toEqual({ code: null, state: '', error: null });
  });

  it('is finished by whoever started in this tab, until that is forgotten', () => {
    const storage = createStorage();
    expect(findConnectMemory(storage)).toBeNull();
    const memory = { userId: 'u-ada', view: '#/patients/p-1', otherThanClinicIds: ['clinic-1'] };
    rememberConnect(storage, memory);
    expect(findConnectMemory(storage)).toEqual(memory);
    forgetConnect(storage);
    expect(findConnectMemory(storage)).toBeNull();
  });

  it.each(['{', '7', '{"userId":1,"view":""}'])('takes an unreadable record %s for none', (text) => {
    const storage = createStorage();
    rememberConnect(storage, { userId: 'u-ada', view: '', otherThanClinicIds: [] });
    for (const key of storage.values.keys()) storage.values.set(key, text);
    expect(findConnectMemory(storage)).toBeNull();
  });
});
