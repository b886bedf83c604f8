import { html } from 'hono/html';
import type { Sandbox } from '../sandbox.ts';
import type { LabOrder, LabOrderState } from '../state.ts';
import { createSelect, type Markup } from './layout.ts';
import { toPatientText } from './plan-builder.ts';
import { toFullName } from './sign-in.ts';

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

/** A lab order's state as a coloured word. */
export function createLabPill(state: LabOrderState): Markup {
  const kind =
    toldStates.has(state) || state.startsWith('interpretation') ? 'good' : state === 'not_purchased' ? '' : 'wait';
  return html`<span class="pill ${kind}" data-testid="lab-state">${state}</span>`;
}

function createMoves(sandbox: Sandbox, order: LabOrder): Markup {
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

/** One lab order: what it is, the buttons that move it on, and its result files. `notice` stands above all. */
export function createLabOrderPage(sandbox: Sandbox, order: LabOrder, notice: Markup | ''): Markup {
  const testNames = new Map(order.tests.map((test) => [test.id, test.name]));
  const practitioner = sandbox.state.users.get(order.practitionerId);
  return html`
    <p><a href="/lab-desk">Lab desk</a></p>
    ${notice}
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
      ${createMoves(sandbox, order)} ${createPublishing(order)}
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
}
