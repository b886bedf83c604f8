import { html } from 'hono/html';

/** A piece of a page as hono's `html` builds it, with everything put into it already escaped. */
export type Markup = ReturnType<typeof html>;

/** Where the pages' own style sheet is served. */
export const stylePath = '/assets/sandbox.css';

/** What every page's frame needs beside its body. */
export interface Frame {
  readonly title: string;
  /** Name of the signed-in user for the bar, with a Sign out button; null shows neither. */
  readonly signedInAs?: string | null;
  /** `full` (default) 1080 px, `middle` 760 px, `narrow` 520 px. */
  readonly width?: 'full' | 'middle' | 'narrow';
  /** True inside of the embed frame: no bar and no footer. Default false. */
  readonly bare?: boolean;
}

const mark = html`<svg width="28" height="28" viewBox="0 0 28 28" aria-hidden="true" focusable="false">
  <circle cx="14" cy="14" r="14" fill="#fff" />
  <path d="M8 20C7 12 12 7 21 7c.6 8-4 13-11 12.500" fill="#88b04b" />
  <path
    d="M7.500 22C9 17 12 13.500 16.500 11"
    fill="none"
    stroke="#1b533f"
    stroke-width="1.800"
    stroke-linecap="round"
  />
</svg>`;

/** Puts a body into the sandbox's frame: a bar that says what this is, the way around, who is signed in, and a footer. */
export function createDocument(frame: Frame, body: Markup): Markup {
  const bare = frame.bare === true;
  const width = frame.width ?? 'full';
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${frame.title} | Fullscript sandbox</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${stylePath}" />
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        ${bare ? '' : createBar(frame.signedInAs ?? null)}
        <main id="content" class="${width === 'full' ? '' : width}">${body}</main>
        ${
          bare
            ? ''
            : html`<footer class="foot">
                <div>
                  This is a development tool that plays Fullscript. People, products and results are made up; nothing is
                  sold or mailed.
                </div>
              </footer>`
        }
      </body>
    </html>`;
}

function createBar(signedInAs: string | null): Markup {
  return html`<header class="bar">
    <div class="bar-in">
      <a class="brand" href="/">${mark}<span>Fullscript</span><small>Sandbox</small></a>
      <nav aria-label="Sandbox">
        <a href="/lab-desk">Lab desk</a>
        <a href="/outbox">Outbox</a>
        <a href="/deliveries">Deliveries</a>
        ${signedInAs === null ? '' : html`<a href="/connected-apps">Connected apps</a>`}
      </nav>
      ${
        signedInAs === null
          ? html`<a href="/login" data-testid="sign-in-link">Sign in</a>`
          : html`<form class="who" method="post" action="/logout">
              <span data-testid="signed-in-as">${signedInAs}</span>
              <button type="submit" data-testid="sign-out">Sign out</button>
            </form>`
      }
    </div>
  </header>`;
}

/** A message above a page's content; a refusal is announced to screen readers at once. */
export function createNotice(kind: 'good' | 'bad', text: string | null | undefined): Markup | '' {
  if (text === null || text === undefined || text === '') return '';
  return html`<div
    class="notice ${kind}"
    role="${kind === 'bad' ? 'alert' : 'status'}"
    data-testid="${kind === 'bad' ? 'error' : 'notice'}"
  >
    ${text}
  </div>`;
}

/** A labelled text field. `type` is the input's type (default `text`); `value` is put in beforehand. */
export function createField(
  name: string,
  label: string,
  options: {
    readonly type?: string;
    readonly value?: string | null;
    readonly required?: boolean;
    readonly autocomplete?: string;
    readonly id?: string;
    readonly list?: string;
    readonly placeholder?: string;
  } = {},
): Markup {
  const id = options.id ?? `field-${name}`;
  return html`<div class="field">
    <label for="${id}">${label}</label>
    <input
      id="${id}"
      name="${name}"
      type="${options.type ?? 'text'}"
      value="${options.value ?? ''}"
      autocomplete="${options.autocomplete ?? 'off'}"
      placeholder="${options.placeholder ?? ''}"
      ${options.list === undefined ? '' : html`list="${options.list}"`}
      ${options.required === true ? 'required' : ''}
      data-testid="${id}"
    />
  </div>`;
}

/** One choice of a select: what is sent and what is shown. */
interface Choice {
  readonly value: string;
  readonly label: string;
}

/** A labelled select with `selected` chosen beforehand. */
export function createSelect(
  name: string,
  label: string,
  choices: readonly Choice[],
  options: { readonly selected?: string | null; readonly id?: string } = {},
): Markup {
  const id = options.id ?? `field-${name}`;
  return html`<div class="field">
    <label for="${id}">${label}</label>
    <select id="${id}" name="${name}" data-testid="${id}">
      ${choices.map(
        (choice) =>
          html`<option value="${choice.value}" ${choice.value === (options.selected ?? '') ? 'selected' : ''}>
            ${choice.label}
          </option>`,
      )}
    </select>
  </div>`;
}

/** First letters of a person's names, for the round badge beside them. */
export function toInitials(name: string): string {
  return name
    .split(/\s+/)
    .filter((part) => part !== '')
    .slice(0, 2)
    .map((part) => part.charAt(0).toUpperCase())
    .join('');
}

/** Prices as the pages show them, from decimal text or a number of dollars. */
export function toPrice(amount: string | number): string {
  return `$${Number(amount).toFixed(2)}`;
}

/** A number with its noun, which gets an `s` unless there is exactly one: `1 mail`, `2 mails`. */
export function toCount(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}
