import { buffer } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
import { createRoom, toFailureOf } from '../support/fullscript-room.ts';
import type { GivenAnswer, SeenRequest } from '../support/http-server.ts';

const pdf = Buffer.from('%PDF-1.7\nresult é', 'utf8');
const options = { allowedHosts: ['files.example.test'], maxBytes: 1000 };

async function createFilesRoom(answer: (request: SeenRequest) => GivenAnswer, fetcher?: typeof fetch) {
  const room = await createRoom(answer, {
    needs: fetcher ? { fetch: fetcher } : {},
    settings: { timeoutMs: 500 },
  });
  return {
    ...room,
    open: (path: string, more = {}) => room.fullscript.files.open(room.call, path, { ...options, ...more }),
  };
}

/** Stands in for hosts that are not of this machine: notes the address and headers, and sends the request to the local server instead. */
function createDetour(
  asked: { url: string; authorization: string | null }[],
  answer: (url: URL) => Response,
): typeof fetch {
  return (input, init) => {
    const url = new URL(String(input));
    asked.push({ url: url.href, authorization: new Headers(init?.headers).get('authorization') });
    return Promise.resolve(answer(url));
  };
}

describe('files.open', () => {
  test('streams a PDF of the API’s own origin with the bearer, also from a relative address', async () => {
    const room = await createFilesRoom(() => ({ body: pdf, headers: { 'content-length': String(pdf.length) } }));
    for (const address of [`${room.server.url}/files/1?sig=2`, '/files/1?sig=2']) {
      const file = await room.open(address);
      expect(file.contentLength).toBe(pdf.length);
      expect(await buffer(file.stream)).toEqual(pdf);
    }
    expect(room.server.seen.map((seen) => [seen.path, seen.headers.authorization])).toEqual([
      ['/files/1', 'Bearer at-1'],
      ['/files/1', 'Bearer at-1'],
    ]);
    expect(room.records.map((record) => record.endpoint)).toEqual(['GET file', 'GET file']);
  });

  test('a PDF that comes in small pieces without a length is put together', async () => {
    const asked: { url: string; authorization: string | null }[] = [];
    const pieces = [Buffer.from('%P'), Buffer.alloc(0), Buffer.from('DF'), Buffer.from('-1.4 rest'), Buffer.from('!')];
    const room = await createFilesRoom(
      () => ({}),
      createDetour(
        asked,
        () =>
          new Response(
            new ReadableStream({
              start: (controller) => {
                for (const piece of pieces) controller.enqueue(piece);
                controller.close();
              },
            }),
          ),
      ),
    );
    const file = await room.open('https://files.example.test/x');
    expect(file).not.toHaveProperty('contentLength');
    expect((await buffer(file.stream)).toString()).toBe('%PDF-1.4 rest!');
  });

  test('elsewhere the bearer is never sent: allowed hosts and their subdomains, https only', async () => {
    const asked: { url: string; authorization: string | null }[] = [];
    const room = await createFilesRoom(
      () => ({}),
      createDetour(asked, () => new Response(pdf)),
    );
    (await room.open('https://files.example.test/a')).stream.resume();
    (await room.open('https://eu.files.example.test/b')).stream.resume();
    expect(asked).toEqual([
      { url: 'https://files.example.test/a', authorization: null },
      { url: 'https://eu.files.example.test/b', authorization: null },
    ]);
  });

  test.each([
    'http://files.example.test/a',
    'https://files.example.test:8443/a',
    'https://evilfiles.example.test/a',
    'https://files.example.test.evil.test/a',
    'https://user:pass@files.example.test/a',
    'https://evil.test/files.example.test',
    'http://127.0.0.1:1/a',
    'file:///etc/passwd',
    'http://[broken',
    '//evil.test/a',
  ])('refuses %s without asking anybody', async (address) => {
    const asked: { url: string; authorization: string | null }[] = [];
    const room = await createFilesRoom(
      () => ({}),
      createDetour(asked, () => new Response(pdf)),
    );
    expect(await toFailureOf(room.open(address))).toMatchObject({ kind: 'contract' });
    expect(asked).toEqual([]);
  });

  test('follows redirects among allowed hosts, without the bearer once away from the API', async () => {
    const asked: { url: string; authorization: string | null }[] = [];
    const room = await createFilesRoom(
      () => ({}),
      createDetour(asked, (url) =>
        url.hostname === '127.0.0.1'
          ? new Response(null, { status: 302, headers: { location: 'https://files.example.test/a?sig=1' } })
          : new Response(pdf),
      ),
    );
    const file = await room.open('/files/1');
    expect(await buffer(file.stream)).toEqual(pdf);
    expect(asked.map((one) => one.authorization)).toEqual(['Bearer at-1', null]);
  });

  test('does not follow redirects to foreign hosts, nor more than three', async () => {
    const asked: { url: string; authorization: string | null }[] = [];
    const foreign = await createFilesRoom(
      () => ({}),
      createDetour(asked, () => new Response(null, { status: 302, headers: { location: 'https://evil.test/a' } })),
    );
    expect(await toFailureOf(foreign.open('/files/1'))).toMatchObject({ kind: 'contract' });
    expect(asked).toHaveLength(1);
    const endless = await createFilesRoom(() => ({ status: 302, headers: { location: '/files/again' }, body: '' }));
    expect(await toFailureOf(endless.open('/files/1'))).toMatchObject({ kind: 'contract' });
    expect(endless.server.seen).toHaveLength(4);
  });

  test.each([
    ['a page', '<html>Sign in</html>'],
    ['something short', '%PD'],
    ['something before it', ' %PDF-1.7'],
    ['nothing', ''],
  ])('refuses %s', async (_, body) => {
    const room = await createFilesRoom(() => ({ body }));
    expect(await toFailureOf(room.open('/files/1'))).toMatchObject({ kind: 'contract' });
  });

  test('refuses a declared length over the limit at once, and stops a longer stream at the limit', async () => {
    const large = Buffer.concat([pdf, Buffer.alloc(2000)]);
    const declared = await createFilesRoom(() => ({
      body: large,
      headers: { 'content-length': String(large.length) },
    }));
    expect(await toFailureOf(declared.open('/files/1'))).toMatchObject({ kind: 'contract' });
    await expect(declared.open('/files/1', { maxBytes: large.length })).resolves.toBeDefined();

    let pulled = 0;
    let cancelled = false;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            pulled += 1;
            controller.enqueue(pulled === 1 ? pdf : new Uint8Array(100));
          },
          cancel: () => void (cancelled = true),
        }),
      );
    const room = await createFilesRoom(() => ({}), createDetour([], endless));
    const file = await room.open('/files/1');
    expect(await toFailureOf(buffer(file.stream))).toMatchObject({ kind: 'contract' });
    expect(cancelled).toBe(true);
    expect(pulled).toBeLessThan(30);
  });

  test('leaving the stream ends the download', async () => {
    let cancelled = false;
    const endless = () =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(pdf),
          cancel: () => void (cancelled = true),
        }),
      );
    const room = await createFilesRoom(() => ({}), createDetour([], endless));
    const file = await room.open('/files/1');
    file.stream.destroy();
    await vi.waitFor(() => expect(cancelled).toBe(true));
  });

  test('a stream that stalls fails instead of hanging', async () => {
    const stalled = () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(pdf) }));
    const room = await createFilesRoom(() => ({}), createDetour([], stalled));
    const file = await room.open('/files/1');
    expect(await toFailureOf(buffer(file.stream))).toMatchObject({ kind: 'unavailable' });
  });

  test('the caller’s signal ends it', async () => {
    const controller = new AbortController();
    const room = await createFilesRoom(() => {
      controller.abort();
      return { fault: 'hang' };
    });
    const failure = await toFailureOf(room.open('/files/1', { signal: controller.signal }));
    expect(failure).toMatchObject({ kind: 'unavailable' });
    expect(room.server.seen).toHaveLength(1);
  });

  test('where the bearer is in the way the link alone will do', async () => {
    const room = await createFilesRoom((request) =>
      request.headers.authorization ? { status: 400, body: 'only one way of permission' } : { body: pdf },
    );
    expect(await buffer((await room.open('/files/1')).stream)).toEqual(pdf);
  });

  test('an old bearer is renewed once', async () => {
    const room = await createFilesRoom((request) => {
      if (request.path.endsWith('/oauth/token')) {
        return { body: { oauth: { access_token: 'at-2', refresh_token: 'rt-2', expires_in: 7200 } } };
      }
      return request.headers.authorization === 'Bearer at-2' ? { body: pdf } : { status: 401 };
    });
    expect(await buffer((await room.open('/files/1')).stream)).toEqual(pdf);
    expect(room.store.pairs.get('account-1')?.version).toBe(2);
  });

  test.each([
    [403, 'forbidden'],
    [404, 'not_found'],
    [410, 'not_found'],
    [500, 'unavailable'],
    [429, 'rate_limited'],
    [418, 'contract'],
  ])('%i at the API is %s', async (status, kind) => {
    const room = await createFilesRoom(() => ({ status, body: '' }));
    expect(await toFailureOf(room.open('/files/1'))).toMatchObject({ kind });
  });

  test('a refused link elsewhere is a dead link, not a withdrawn authorization', async () => {
    const room = await createFilesRoom(
      () => ({}),
      createDetour([], () => new Response('expired', { status: 403 })),
    );
    expect(await toFailureOf(room.open('https://files.example.test/a'))).toMatchObject({ kind: 'not_found' });
    expect(room.store.withdrawn).toEqual([]);
  });

  test('passing trouble is tried again', async () => {
    let count = 0;
    const room = await createFilesRoom(() => ((count += 1) < 3 ? { status: 503, body: '' } : { body: pdf }));
    expect(await buffer((await room.open('/files/1')).stream)).toEqual(pdf);
  });
});
