import type { Context } from 'hono';
import { Hono } from 'hono';
import { html } from 'hono/html';
import { toOrderLines } from '../actions/orders.ts';
import type { Sandbox } from '../sandbox.ts';
import { sumLines } from '../shapes/order.ts';
import type { Clinic, Order, OrderLine, Patient, Plan } from '../state.ts';
import { createNotice, toPrice, type Markup } from './layout.ts';
import { createPicture, findVariant, toDosageText, toPackText } from './plan-lines.ts';
import {
  createDoneNotice,
  findRefusal,
  readForm,
  readText,
  readTexts,
  respondMessage,
  respondNotFound,
  respondPage,
} from './respond.ts';
import type { Sessions } from './session.ts';
import { respondSignIn, toFullName } from './sign-in.ts';

type Answer = Response | Promise<Response>;

function toLineName(sandbox: Sandbox, line: OrderLine): string {
  if (line.type === 'labs') return sandbox.state.labPanels.get(line.variantId)?.name ?? 'Lab panel';
  return findVariant(sandbox, line.variantId)?.product.name ?? line.variantId;
}

function createOrderTable(sandbox: Sandbox, lines: readonly OrderLine[], totalName: string): Markup {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>Item</th>
          <th class="number">Quantity</th>
          <th class="number">Price</th>
          <th class="number">Sum</th>
        </tr>
      </thead>
      <tbody>
        ${lines.map(
          (line) =>
            html`<tr data-testid="order-line">
              <td>${toLineName(sandbox, line)}</td>
              <td class="number">${line.quantity}</td>
              <td class="number">${toPrice(line.unitPrice)}</td>
              <td class="number">${toPrice(line.quantity * Number(line.unitPrice))}</td>
            </tr>`,
        )}
        <tr>
          <td colspan="3" class="total">${totalName}</td>
          <td class="number total" data-testid="order-total">${toPrice(sumLines(lines))}</td>
        </tr>
      </tbody>
    </table>
  </div>`;
}

function createReceipt(sandbox: Sandbox, order: Order): Markup {
  return html`<section class="card" data-testid="order-placed">
    <h2>Order ${order.number} placed</h2>
    ${createOrderTable(sandbox, order.lines, 'Paid')}
    <p class="quiet">Nothing was charged and nothing is shipped: this is a sandbox.</p>
  </section>`;
}

/** The order of this plan or patient named by `?order=` in the address. */
function findShownOrder(c: Context, sandbox: Sandbox, patientId: string): Order | null {
  const number = c.req.query('order');
  return (
    [...sandbox.state.orders.values()].find((order) => order.number === number && order.patientId === patientId) ?? null
  );
}

/**
 * What patients open: the clinic's welcome page, and the plan behind an invitation's address, where they buy supplements
 * and labs. And the in-office checkout, which the clinic's own signed-in users complete.
 */
export function createShopPages(sandbox: Sandbox, sessions: Sessions): Hono {
  const pages = new Hono();

  function findClinic(slug: string): Clinic | null {
    return [...sandbox.state.clinics.values()].find((clinic) => clinic.slug === slug) ?? null;
  }

  pages.get('/welcome/:slug', (c) => {
    const clinic = findClinic(c.req.param('slug'));
    if (clinic === null) return respondNotFound(c, 'There is no such clinic.');
    const body = html`<div class="card" data-testid="dispensary">
      <h1>${clinic.name}</h1>
      <p class="lead">
        The clinic's dispensary at Fullscript. Plans reach you by mail: open the address in your invitation.
      </p>
      ${clinic.discount > 0 ? html`<p><span class="pill good">${clinic.discount} % off every order</span></p>` : ''}
    </div>`;
    return respondPage(c, { title: clinic.name, width: 'narrow' }, body);
  });

  function withInvitation(c: Context, answer: (plan: Plan, patient: Patient, clinic: Clinic) => Answer): Answer {
    const clinic = findClinic(c.req.param('slug') ?? '');
    const plan = [...sandbox.state.plans.values()].find(
      (each) => each.clinicId === clinic?.id && each.invitationCode === c.req.param('code'),
    );
    const patient = plan?.patientId == null ? undefined : sandbox.state.patients.get(plan.patientId);
    if (clinic === null || plan === undefined || patient === undefined || plan.state === 'draft')
      return respondNotFound(c, 'This invitation is not known, or the plan has not been sent yet.');
    return answer(plan, patient, clinic);
  }

  function respondPlan(c: Context, plan: Plan, patient: Patient, clinic: Clinic, error: string | null): Answer {
    const practitioner = sandbox.state.users.get(plan.practitionerId);
    const order = findShownOrder(c, sandbox, patient.id);
    const prices = toOrderLines(sandbox, plan);
    const openLabs = new Set(
      [...sandbox.state.labOrders.values()]
        .filter((labOrder) => labOrder.planId === plan.id && labOrder.state === 'not_purchased')
        .map((labOrder) => labOrder.labRecommendationId),
    );
    const buyable = plan.state === 'active' && plan.recommendations.length + openLabs.size > 0;
    const body = html`
      ${createNotice('bad', error)} ${order === null ? '' : createReceipt(sandbox, order)}
      <h1>${patient.firstName}, your plan from ${clinic.name}</h1>
      <p class="lead">
        By
        ${practitioner === undefined ? 'your practitioner' : toFullName(practitioner)}${plan.availableOn === null ? '' : `, ${plan.availableOn}`}
        ${plan.state === 'cancelled' ? html`<span class="pill bad" data-testid="plan-state">cancelled</span>` : ''}
      </p>
      ${plan.personalMessage === null ? '' : html`<blockquote class="card message" data-testid="personal-message">${plan.personalMessage}</blockquote>`}
      <form method="post" data-testid="invitation">
        ${plan.recommendations.length + plan.labRecommendations.length === 0 ? html`<p class="quiet">There is nothing on this plan.</p>` : ''}
        ${plan.recommendations.length === 0 ? '' : html`<h2>Supplements</h2>`}
        ${plan.recommendations.map((line, position) => {
          const found = findVariant(sandbox, line.variantId);
          return html`<div class="line" data-testid="invitation-line">
            <div class="line-head">
              ${createPicture(line.variantId)}
              <div class="grow">
                <h3>${found?.product.name ?? line.variantId}</h3>
                <div>${toDosageText(line)}</div>
                ${line.dosage.additionalInfo === null ? '' : html`<div class="quiet">${line.dosage.additionalInfo}</div>`}
                <div class="quiet">
                  ${line.unitsToPurchase} x ${found === null ? '' : toPackText(found.variant)} ·
                  ${toPrice(prices[position]?.unitPrice ?? 0)} each
                </div>
              </div>
              ${
                plan.state === 'active'
                  ? html`<label class="check"
                      ><input type="checkbox" name="variant" value="${line.variantId}" checked /> Buy</label
                    >`
                  : ''
              }
            </div>
          </div>`;
        })}
        ${plan.labRecommendations.length === 0 ? '' : html`<h2>Labs</h2>`}
        ${plan.labRecommendations.map((lab) => {
          const panel = sandbox.state.labPanels.get(lab.panelId);
          return html`<div class="line" data-testid="invitation-lab">
            <h3>${lab.name}</h3>
            <div>${lab.tests.map((test) => test.name).join(', ')}${lab.requiresFasting ? ' (fasting)' : ''}</div>
            <div class="quiet">
              ${lab.instructions} ${panel === undefined ? '' : toPrice(panel.price)}
              ${openLabs.has(lab.id) ? '' : html`<span class="pill good">bought</span>`}
            </div>
          </div>`;
        })}
        ${
          openLabs.size === 0 || plan.state !== 'active'
            ? ''
            : html`<label class="check labs"
                ><input type="checkbox" name="labs" value="true" checked data-testid="buy-labs" /> Buy the labs
                too</label
              >`
        }
        ${buyable ? html`<div class="sticky"><button class="wide" type="submit" data-testid="buy">Buy</button></div>` : ''}
      </form>
    `;
    return respondPage(c, { title: 'Your plan', width: 'middle' }, body, { status: error === null ? 200 : 422 });
  }

  pages.get('/welcome/:slug/:code', (c) =>
    withInvitation(c, (plan, patient, clinic) => respondPlan(c, plan, patient, clinic, null)),
  );
  pages.post('/welcome/:slug/:code', (c) =>
    withInvitation(c, async (plan, patient, clinic) => {
      const form = await readForm(c);
      let number = '';
      const refusal = findRefusal(() => {
        number = sandbox.actions.placeOrder(plan.id, {
          variantIds: readTexts(form, 'variant'),
          labs: readText(form, 'labs') === 'true',
        }).number;
      });
      if (refusal !== null) return respondPlan(c, plan, patient, clinic, refusal);
      return c.redirect(`/welcome/${clinic.slug}/${plan.invitationCode}?order=${number}`, 303);
    }),
  );

  function withPatient(c: Context, answer: (patient: Patient, signedInAs: string) => Answer): Answer {
    const patient = [...sandbox.state.patients.values()].find(({ number }) => String(number) === c.req.param('number'));
    if (patient === undefined) return respondNotFound(c, 'There is no such patient.');
    const user = sessions.findUser(c);
    if (user === null) return respondSignIn(c, sandbox, new URL(c.req.url).pathname);
    if (user.clinicId !== patient.clinicId)
      return respondMessage(
        c,
        403,
        'Another clinic',
        'This checkout belongs to another clinic. Sign out and open it again.',
      );
    return answer(patient, toFullName(user));
  }

  function respondCheckout(c: Context, patient: Patient, signedInAs: string, error: string | null): Answer {
    const cart = sandbox.actions.findCart(patient.number);
    const order = findShownOrder(c, sandbox, patient.id);
    const body = html`
      ${createNotice('bad', error)} ${createDoneNotice(c)}
      <h1>In-office checkout</h1>
      <p class="lead">For <b>${toFullName(patient)}</b></p>
      ${order === null ? '' : createReceipt(sandbox, order)}
      ${
        cart === null
          ? order === null
            ? html`<div class="card" data-testid="empty-cart">The cart is empty.</div>`
            : ''
          : html`<form class="card" method="post" data-testid="checkout">
              ${createOrderTable(sandbox, cart.lines, 'Total')}
              <p class="quiet">Prices are after the clinic's and the patient's discounts.</p>
              <button class="wide" type="submit" data-testid="complete-purchase">Complete purchase</button>
            </form>`
      }
    `;
    return respondPage(c, { title: 'In-office checkout', width: 'middle', signedInAs }, body, {
      status: error === null ? 200 : 422,
    });
  }

  pages.get('/o/patients/:number/checkout', (c) =>
    withPatient(c, (patient, signedInAs) => respondCheckout(c, patient, signedInAs, null)),
  );
  pages.post('/o/patients/:number/checkout', (c) =>
    withPatient(c, (patient, signedInAs) => {
      let number = '';
      const refusal = findRefusal(() => {
        number = sandbox.actions.completeCheckout(patient.number).number;
      });
      if (refusal !== null) return respondCheckout(c, patient, signedInAs, refusal);
      return c.redirect(`/o/patients/${patient.number}/checkout?order=${number}`, 303);
    }),
  );

  return pages;
}
