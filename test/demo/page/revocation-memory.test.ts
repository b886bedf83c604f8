import { describe, expect, it } from 'vitest';
import { listFollowed, rememberFollowed } from '../../../src/demo/page/revocation-memory.ts';

function createStorage() {
  const values = new Map<string, string>();
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    values,
  };
}

describe('followed revocations', () => {
  it('are kept for each user apart, the newest first and not for ever', () => {
    const storage = createStorage();
    expect(listFollowed(storage, 'u-admin')).toEqual([]);
    const many = Array.from({ length: 30 }, (_, index) => ({ id: `r-${index}`, label: `Revocation ${index}` }));
    rememberFollowed(storage, 'u-admin', many);
    expect(listFollowed(storage, 'u-admin')).toEqual(many.slice(0, 20));
    expect(listFollowed(storage, 'u-dev')).toEqual([]);
  });

  it.each(['{', '7', '[7, null, {"id": 1, "label": "x"}]'])('are none where %s is kept', (text) => {
    const storage = createStorage();
    rememberFollowed(storage, 'u-admin', []);
    for (const key of storage.values.keys()) storage.values.set(key, text);
    expect(listFollowed(storage, 'u-admin')).toEqual([]);
  });
});
