import { Hono } from 'hono';
import type { Sandbox } from '../sandbox.ts';
import { Refusal } from '../state.ts';
import { createConsentPages } from './consent.ts';
import { createEmbedPages } from './embed-pages.ts';
import { createHomePages } from './home.ts';
import { createLabDeskPages } from './lab-desk.ts';
import { stylePath } from './layout.ts';
import { createPlanPages } from './plan-pages.ts';
import { respondMessage } from './respond.ts';
import { createSessions } from './session.ts';
import { createShopPages } from './shop-pages.ts';
import { createSignInPages } from './sign-in.ts';
import { styleSheet } from './style.ts';

/**
 * Everything of the sandbox that people look at in a browser: sign-in, consent, plan builder, invitations, checkout, lab
 * desk, outbox, deliveries and the embed frame. Plain HTML rendered here, one style sheet, nothing from other hosts. It
 * answers only its own addresses, some of which lie under `/api`: mount it before the REST API's catch-all.
 */
export function createPages(sandbox: Sandbox): Hono {
  const pages = new Hono();
  const sessions = createSessions(sandbox);

  pages.onError((error, c) => {
    if (!(error instanceof Refusal)) throw error;
    return respondMessage(c, error.status, 'That did not work', error.reasons.join('. '));
  });
  pages.get(stylePath, (c) => {
    c.header('Content-Type', 'text/css; charset=utf-8');
    c.header('Cache-Control', 'no-cache');
    return c.body(styleSheet);
  });
  pages.route('/', createHomePages(sandbox, sessions));
  pages.route('/', createSignInPages(sandbox, sessions));
  pages.route('/', createConsentPages(sandbox, sessions));
  pages.route('/', createPlanPages(sandbox, sessions));
  pages.route('/', createShopPages(sandbox, sessions));
  pages.route('/', createLabDeskPages(sandbox, sessions));
  pages.route('/', createEmbedPages(sandbox));
  return pages;
}
