import type { Context } from 'hono';
import { Hono } from 'hono';
import { html } from 'hono/html';
import type { Sandbox } from '../sandbox.ts';
import { labOrderStates, type LabOrder, type LabResult } from '../state.ts';
import { createLabPdf } from './lab-pdf.ts';
import { createLabReportLines } from './lab-report.ts';
import { createLabOrderPage, createLabPill } from './lab-order-page.ts';
import { createNotice } from './layout.ts';
import { toPatientText } from './plan-builder.ts';
import {
  createDoneNotice,
  findRefusal,
  readForm,
  readOptionalText,
  readText,
  readTexts,
  respondMessage,
  respondNotFound,
  respondPage,
} from './respond.ts';
import type { Sessions } from './session.ts';
import { toFullName } from './sign-in.ts';

type Answer = Response | Promise<Response>;

/** The PDF of one result file, with invented values for the tests that stand in it. */
function createResultFile(sandbox: Sandbox, order: LabOrder, result: LabResult): Uint8Array<ArrayBuffer> {
  const patient = sandbox.state.patients.get(order.patientId);
  const practitioner = sandbox.state.users.get(order.practitionerId);
  return createLabPdf({
    title: result.name,
    patientName: patient === undefined ? 'Unknown' : toFullName(patient),
    dateOfBirth: patient?.dateOfBirth ?? null,
    gender: patient?.gender ?? null,
    practitionerName: practitioner === undefined ? 'Unknown' : toFullName(practitioner),
    clinicName: sandbox.state.clinics.get(order.clinicId)?.name ?? 'Unknown',
    orderId: order.id,
    resultId: result.id,
    reportedAt: result.amendedAt ?? result.publishedAt,
    amended: result.state === 'amended',
    sections: order.tests
      .filter((test) => result.testIds.includes(test.id))
      .map((test) => ({
        heading: test.name,
        lines: createLabReportLines(test.name, `${result.id}/${result.version}`),
      })),
  });
}

/**
 * The desk at which one person plays patient, lab and practitioner of every lab order: buy, move on, publish, amend, share.
 * It needs no sign-in. And the result files themselves, as PDF under addresses that expire.
 */
export function createLabDeskPages(sandbox: Sandbox, sessions: Sessions): Hono {
  const pages = new Hono();

  function findSignedInAs(c: Context): string | null {
    const user = sessions.findUser(c);
    return user === null ? null : toFullName(user);
  }

  pages.get('/files/lab-results/:token', (c) => {
    const found = sandbox.actions.findResultByLink(c.req.param('token'));
    if (found === null)
      return respondMessage(c, 404, 'File not found', 'This address of a result is unknown or has expired.');
    c.header('Content-Type', 'application/pdf');
    c.header('Content-Disposition', `inline; filename="${found.result.id}.pdf"`);
    c.header('Cache-Control', 'private, no-store');
    c.header('X-Content-Type-Options', 'nosniff');
    return c.body(createResultFile(sandbox, found.order, found.result));
  });

  pages.get('/lab-desk', (c) => {
    const query = c.req.query('q') ?? '';
    const state = c.req.query('state') ?? '';
    const words = query.toLowerCase().split(/\s+/);
    const orders = [...sandbox.state.labOrders.values()]
      .filter((order) => state === '' || order.state === state)
      .filter((order) =>
        words.every((word) => `${toPatientText(sandbox, order.patientId)} ${order.name}`.toLowerCase().includes(word)),
      )
      .sort((one, other) => other.updatedAt.localeCompare(one.updatedAt));
    const body = html`
      <h1>Lab desk</h1>
      <p class="lead">Play the patient, the lab and the practitioner of every lab order.</p>
      <form class="card row" method="get" action="/lab-desk" role="search">
        <input
          class="grow"
          type="search"
          name="q"
          value="${query}"
          aria-label="Search lab orders"
          placeholder="Patient or panel"
          data-testid="lab-search"
        />
        <select name="state" aria-label="State" class="auto">
          <option value="">All states</option>
          ${labOrderStates.map((each) => html`<option value="${each}" ${each === state ? 'selected' : ''}>${each}</option>`)}
        </select>
        <button class="plain" type="submit">Show</button>
      </form>
      <div class="card scroll">
        ${
          orders.length === 0
            ? html`<p class="quiet" data-testid="no-lab-orders">
                No lab order fits. Send a plan with a lab panel to get one.
              </p>`
            : html`<table>
                <thead>
                  <tr>
                    <th>Patient</th>
                    <th>Panel</th>
                    <th>Clinic</th>
                    <th>State</th>
                    <th class="number">Tests</th>
                    <th class="number">Files</th>
                    <th>Changed</th>
                  </tr>
                </thead>
                <tbody>
                  ${orders.map(
                    (order) =>
                      html`<tr data-testid="lab-order-row" data-lab-order-id="${order.id}">
                        <td><a href="/lab-desk/${order.id}">${toPatientText(sandbox, order.patientId)}</a></td>
                        <td>${order.name}</td>
                        <td>${sandbox.state.clinics.get(order.clinicId)?.name ?? ''}</td>
                        <td>${createLabPill(order.state)}</td>
                        <td class="number">${order.tests.length}</td>
                        <td class="number">${order.results.length}</td>
                        <td class="mono nobreak" title="${order.updatedAt}">${order.updatedAt.slice(0, 10)}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>`
        }
      </div>
    `;
    return respondPage(c, { title: 'Lab desk', signedInAs: findSignedInAs(c) }, body);
  });

  function respondOrder(c: Context, order: LabOrder, error: string | null): Answer {
    const notice = error === null ? createDoneNotice(c) : createNotice('bad', error);
    return respondPage(
      c,
      { title: order.name, signedInAs: findSignedInAs(c) },
      createLabOrderPage(sandbox, order, notice),
      { status: error === null ? 200 : 422 },
    );
  }

  function withOrder(c: Context, answer: (order: LabOrder) => Answer): Answer {
    const order = sandbox.state.labOrders.get(c.req.param('id') ?? '');
    return order === undefined ? respondNotFound(c, 'There is no such lab order.') : answer(order);
  }

  pages.get('/lab-desk/:id', (c) => withOrder(c, (order) => respondOrder(c, order, null)));

  pages.post('/lab-desk/:id', (c) =>
    withOrder(c, async (order) => {
      const form = await readForm(c);
      const [verb = '', object = ''] = readText(form, 'do').split(/:(.*)/s);
      const refusal = findRefusal(() => {
        if (verb === 'move') {
          const state = labOrderStates.find((each) => each === object);
          if (state !== undefined) sandbox.actions.moveLabOrder(order.id, state);
        } else if (verb === 'publish-all') sandbox.actions.publishResults(order.id, Number(readText(form, 'files')));
        else if (verb === 'publish') {
          const name = readOptionalText(form, 'name');
          sandbox.actions.publishResult(order.id, {
            testIds: readTexts(form, 'test'),
            ...(name === null ? {} : { name }),
          });
        } else if (verb === 'amend') sandbox.actions.amendResult(order.id, object);
      });
      if (refusal !== null) return respondOrder(c, order, refusal);
      const done = verb === 'amend' ? 'amended' : verb === 'move' ? 'moved' : 'published';
      return c.redirect(`/lab-desk/${order.id}?done=${done}`, 303);
    }),
  );

  pages.get('/lab-desk/:id/results/:resultId', (c) =>
    withOrder(c, (order) => {
      const result = order.results.find(({ id }) => id === c.req.param('resultId'));
      if (result === undefined) return respondNotFound(c, 'There is no such result.');
      return c.redirect(sandbox.actions.createResultLink(order.id, result.id), 302);
    }),
  );

  return pages;
}
