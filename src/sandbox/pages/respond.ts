import type { Context } from 'hono';
import { html } from 'hono/html';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { Refusal } from '../state.ts';
import { createDocument, createNotice, type Frame, type Markup } from './layout.ts';

/**
 * Answers with a page. No other site may show it in a frame, unless `frameAncestors` (a source list of the
 * Content-Security-Policy) allows it. Pages are never kept in a cache, since they change with every action.
 */
export function respondPage(
  c: Context,
  frame: Frame,
  body: Markup,
  options: { readonly status?: ContentfulStatusCode; readonly frameAncestors?: string } = {},
): Response | Promise<Response> {
  c.header(
    'Content-Security-Policy',
    `default-src 'self'; script-src 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors ${options.frameAncestors ?? "'none'"}`,
  );
  c.header('Referrer-Policy', 'no-referrer');
  c.header('Cache-Control', 'no-store');
  return c.html(createDocument(frame, body), options.status ?? 200);
}

/** Answers 404 with a page that says why. */
export function respondNotFound(c: Context, reason: string): Response | Promise<Response> {
  return respondMessage(c, 404, 'Page not found', reason);
}

/** Answers with a page that only says something, such as a refusal. */
export function respondMessage(
  c: Context,
  status: ContentfulStatusCode,
  title: string,
  reason: string,
  options: { readonly bare?: boolean; readonly frameAncestors?: string } = {},
): Response | Promise<Response> {
  const body = html`<div class="card" data-testid="message">
    <h1>${title}</h1>
    <p class="lead">${reason}</p>
    ${options.bare === true ? '' : html`<a class="button plain" href="/">To the sandbox's first page</a>`}
  </div>`;
  return respondPage(c, { title, width: 'narrow', bare: options.bare ?? false }, body, {
    status,
    ...(options.frameAncestors === undefined ? {} : { frameAncestors: options.frameAncestors }),
  });
}

/** Does something that Fullscript may refuse: gives the sentences of the refusal, or null when it went well. Other errors pass. */
export function findRefusal(action: () => void): string | null {
  try {
    action();
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.reasons.join('. ');
    throw error;
  }
}

/** The posted form. Throws a 400 refusal for a body that is none. */
export async function readForm(c: Context): Promise<FormData> {
  try {
    return await c.req.formData();
  } catch {
    throw new Refusal(400, ['The request carries no form']);
  }
}

/** One text field of a posted form without outer blanks; empty when it is missing or a file. */
export function readText(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

/** Like {@link readText}, with null for an empty field. */
export function readOptionalText(form: FormData, name: string): string | null {
  return readText(form, name) || null;
}

/** All texts posted under one name, such as ticked boxes. */
export function readTexts(form: FormData, name: string): string[] {
  return form.getAll(name).flatMap((value) => (typeof value === 'string' && value.trim() !== '' ? [value.trim()] : []));
}

/** An address inside of the sandbox to go back to, or the first page for anything else, so that a link cannot send people elsewhere. */
export function readReturnPath(text: string | null | undefined): string {
  return text !== null && text !== undefined && /^\/(?![/\\])[^\r\n]*$/.test(text) ? text : '/';
}

/** What `?done=` in an address says above the page. Unknown words say nothing. */
const doneTexts: Readonly<Record<string, string>> = {
  saved: 'Draft saved.',
  updated: 'Plan updated. The app is told when lines have changed, not of a message alone.',
  cancelled: 'Plan cancelled. An event was recorded for the app.',
  ordered: 'Order placed. An event was recorded for the app.',
  moved: 'Lab order moved.',
  published: 'Results published. An event was recorded for the app.',
  amended: 'Results amended. An event was recorded for the app.',
  revoked: 'Access revoked. The app was not told: it finds out when its tokens stop working.',
};

/** The notice for the `done` word in the address, if there is one. */
export function createDoneNotice(c: Context): Markup | '' {
  return createNotice('good', doneTexts[c.req.query('done') ?? '']);
}
