import type { Context } from 'hono';
import { Hono } from 'hono';
import { html } from 'hono/html';
import type { Sandbox } from '../sandbox.ts';
import { labOrderStates, type LabOrder, type LabOrderState, type LabResult } from '../state.ts';
import { createLabPdf } from './lab-pdf.ts';
import { createLabReportLines } from './lab-report.ts';
import { createNotice, createSelect, type Markup } from './layout.ts';
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

/** What pressing a state's button stands for. */
const moveTexts: Readonly<Record<LabOrderState, string>> = {
  not_purchased: 'Recommend',
  purchased: 'Buy',
  schedule_appointment: 'Ask for an appointment',
  upcoming_appointment: 'Book the appointment',
  processing: 'Send the sample to the lab',
  partial_results: 'Publish the first test only',
  results_ready: 'All results ready',
  results_amended: 'Amend the first result',
  interpretation_ready: 'Ready to interpret',
  interpretation_shared: 'Share with the patient',
};

/** States in which Fullscript sends `lab_order.updated`. */
const toldStates: ReadonlySet<LabOrderState> = new Set(['partial_results', 'results_ready', 'results_amended']);

function createLabPill(state: LabOrderState): Markup {
  const kind =
    toldStates.has(state) || state.startsWith('interpretation') ? 'good' : state === 'not_purchased' ? '' : 'wait';
  return html`<span class="pill ${kind}" data-testid="lab-state">${state}</span>`;
}

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

  function createMoves(order: LabOrder): Markup {
    const next = sandbox.actions
      .listNextLabStates(order.id)
      .filter((state) => state !== 'results_amended' && (state !== 'partial_results' || order.tests.length > 1));
    return html`<section class="card" aria-labelledby="moves">
      <h2 id="moves">Move on</h2>
      ${next.length === 0 ? html`<p class="quiet">This order is at the end of its course.</p>` : ''}
      <form method="post" class="row">
        ${next.map(
          (state) =>
            html`<button class="plain" type="submit" name="do" value="move:${state}" data-testid="move-${state}">
              ${moveTexts[state]}<br /><span class="mono"
                >${state}${toldStates.has(state) || state === 'purchased' ? ' · tells the app' : ''}</span
              >
            </button>`,
        )}
      </form>
    </section>`;
  }

  function createPublishing(order: LabOrder): Markup | '' {
    const covered = new Set(order.results.flatMap((result) => result.testIds));
    const missing = order.tests.filter((test) => !covered.has(test.id));
    if (order.state === 'not_purchased' || missing.length === 0) return '';
    const counts = [1, 2, 3, 4, 5, 6].map((count) => ({
      value: String(count),
      label: count === 1 ? '1 file' : `${count} files`,
    }));
    return html`<section class="card stack" aria-labelledby="publish">
      <h2 id="publish">Publish results</h2>
      <form method="post" class="row bottom">
        ${createSelect('files', 'Everything that is missing, in', counts)}
        <div class="field">
          <button type="submit" name="do" value="publish-all" data-testid="publish-all">Publish all</button>
        </div>
      </form>
      <details>
        <summary>Or one file with chosen tests</summary>
        <form method="post">
          ${missing.map(
            (test) =>
              html`<label class="check"
                ><input type="checkbox" name="test" value="${test.id}" data-testid="publish-test" /> ${test.name}</label
              >`,
          )}
          <div class="field">
            <label for="file_name">Name of the file (the lab chooses one if empty)</label>
            <input id="file_name" name="name" autocomplete="off" />
          </div>
          <button class="plain" type="submit" name="do" value="publish" data-testid="publish-some">
            Publish this file
          </button>
        </form>
      </details>
    </section>`;
  }

  function respondOrder(c: Context, order: LabOrder, error: string | null): Answer {
    const testNames = new Map(order.tests.map((test) => [test.id, test.name]));
    const practitioner = sandbox.state.users.get(order.practitionerId);
    const body = html`
      <p><a href="/lab-desk">Lab desk</a></p>
      ${error === null ? createDoneNotice(c) : createNotice('bad', error)}
      <div class="row">
        <h1>${order.name}</h1>
        ${createLabPill(order.state)}
      </div>
      <p class="lead">
        For ${toPatientText(sandbox, order.patientId)}, ordered by
        ${practitioner === undefined ? 'unknown' : toFullName(practitioner)}
      </p>
      <div class="grid">
        <section class="card" aria-labelledby="order">
          <h2 id="order">Order</h2>
          <dl class="facts">
            <dt>Clinic</dt>
            <dd>${sandbox.state.clinics.get(order.clinicId)?.name ?? ''}</dd>
            <dt>Tests</dt>
            <dd>${order.tests.map((test) => test.name).join(', ')}</dd>
            <dt>Collection</dt>
            <dd>${order.collectionMethod}${order.requiresDraw ? ' (draw by appointment)' : ''}</dd>
            <dt>Changed</dt>
            <dd class="mono">${order.updatedAt}</dd>
            <dt>Id</dt>
            <dd class="mono">${order.id}</dd>
          </dl>
        </section>
        ${createMoves(order)} ${createPublishing(order)}
      </div>
      <section class="card" aria-labelledby="results">
        <h2 id="results">Result files</h2>
        ${
          order.results.length === 0
            ? html`<p class="quiet">None yet.</p>`
            : html`<ul class="hits">
                ${order.results.map(
                  (result) =>
                    html`<li data-testid="lab-result" data-result-id="${result.id}">
                      <div class="grow">
                        <b>${result.name}</b>
                        ${result.state === 'amended' ? html`<span class="pill wait">amended, version ${result.version}</span>` : ''}<br />
                        <span class="quiet"
                          >${result.testIds.map((id) => testNames.get(id) ?? id).join(', ')} ·
                          ${(result.amendedAt ?? result.publishedAt).slice(0, 16).replace('T', ' ')}</span
                        >
                      </div>
                      <a
                        class="button plain small"
                        href="/lab-desk/${order.id}/results/${result.id}"
                        target="_blank"
                        rel="noreferrer"
                        data-testid="open-result"
                        >Open PDF</a
                      >
                      <form method="post">
                        <button
                          class="plain small"
                          type="submit"
                          name="do"
                          value="amend:${result.id}"
                          data-testid="amend-result"
                        >
                          Amend
                        </button>
                      </form>
                    </li>`,
                )}
              </ul>`
        }
      </section>
    `;
    return respondPage(c, { title: order.name, signedInAs: findSignedInAs(c) }, body, {
      status: error === null ? 200 : 422,
    });
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
