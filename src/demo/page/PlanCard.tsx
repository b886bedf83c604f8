import { useState } from 'react';
import { Mark, PlanStateBadge, StageBadge } from './Badge.tsx';
import { hasRole } from './demo-users.ts';
import { ConfirmButton } from './Dialog.tsx';
import type { ImportWish } from './ImportDialog.tsx';
import type { Plan } from './patient-overview.ts';
import type { Chart } from './patient-record.ts';
import { ProblemNote, type Problem } from './ProblemNote.tsx';
import { useSession } from './session.tsx';
import { openTab } from './tabs.ts';
import { toChartKind, toDateWords, toDayWords, toFullName } from './words.ts';

const EDIT_URL = /* GraphQL */ `
  query PlanEditUrl($id: ID!) {
    fullscriptTreatmentPlan(id: $id) {
      id
      editUrl
    }
  }
`;

const CHECKOUT = /* GraphQL */ `
  mutation InOfficeCheckout($input: FullscriptInOfficeCheckoutInput!) {
    createFullscriptInOfficeCheckout(input: $input) {
      __typename
      ... on FullscriptInOfficeCheckout {
        url
      }
      ... on FullscriptConnectionRequired {
        message
        missingScopes
        authorizeUrl
      }
      ... on FullscriptRejected {
        message
        reasons
      }
    }
  }
`;

/** A treatment plan: its supplements and labs, and what can be done with it. */
export function PlanCard(props: {
  plan: Plan;
  importedIds: ReadonlySet<string>;
  charts: readonly Chart[];
  isNew: boolean;
  onImport: (wish: ImportWish) => void;
  /** Fullscript's page was opened, on which the plan may be changed or cancelled. */
  onLeft: () => void;
}) {
  const { user, ask, notify, notifyErrors } = useSession();
  const { plan, importedIds } = props;
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [link, setLink] = useState<string | null>(null);
  const clinical = hasRole(user, 'practitioner');
  // A draft may still change, and labs are not imported.
  const importable = clinical && plan.state === 'ACTIVE' && plan.recommendations.length > 0;
  const empty = plan.recommendations.length === 0 && plan.labRecommendations.length === 0;
  const chart = plan.chartId ? props.charts.find((one) => one.id === plan.chartId) : undefined;

  function open(url: string) {
    // A blocked tab leaves a link to click.
    setLink(openTab(url) ? null : url);
  }

  async function edit() {
    setBusy(true);
    const answer = await ask<{ fullscriptTreatmentPlan: { editUrl: string | null } | null }>(EDIT_URL, { id: plan.id });
    setBusy(false);
    const url = answer.data?.fullscriptTreatmentPlan?.editUrl;
    if (url) {
      open(url);
      props.onLeft();
    } else if (answer.errors.length > 0) notifyErrors(answer.errors);
    else notify({ tone: 'bad', text: 'Fullscript gives no link to edit this plan.' });
  }

  async function checkOut() {
    const answer = await ask<{
      createFullscriptInOfficeCheckout:
        { __typename: 'FullscriptInOfficeCheckout'; url: string } | (Problem & { url?: never });
    }>(CHECKOUT, { input: { planId: plan.id, confirmEmptyCart: true } });
    const result = answer.data?.createFullscriptInOfficeCheckout;
    if (!result) notifyErrors(answer.errors);
    else if (result.url !== undefined) open(result.url);
    else setProblem(result);
  }

  return (
    <article
      className={`card plan ${props.isNew ? 'arrived' : ''}`}
      data-testid={`plan-${plan.id}`}
      data-state={plan.state}
      aria-label={`Plan of ${toDayWords(plan.createdAt)}`}
    >
      <div className="card-head">
        <h3>Plan of {toDayWords(plan.createdAt)}</h3>
        <PlanStateBadge state={plan.state} />
        {props.isNew ? <Mark>just sent</Mark> : null}
        <div className="spacer" />
        {importable ? (
          <button
            type="button"
            className="primary small"
            data-testid={`import-${plan.id}`}
            onClick={() => props.onImport({ plan, recommendationId: null })}
          >
            Import into plan
          </button>
        ) : null}
      </div>
      <p className="meta">
        {plan.practitioner
          ? `By ${toFullName(plan.practitioner, plan.practitioner.id)}`
          : 'Author not known in the EMR'}
        {plan.availableAt ? ` · available from ${toDateWords(plan.availableAt)}` : ''}
        {chart ? ` · written in ${toChartKind(chart.kind).toLowerCase()} of ${toDayWords(chart.createdAt)}` : ''}
      </p>
      {plan.personalMessage ? <blockquote>{plan.personalMessage}</blockquote> : null}
      {empty ? (
        <p className="muted">{plan.state === 'DRAFT' ? 'Nothing on this plan yet.' : 'Nothing on this plan.'}</p>
      ) : null}
      {plan.recommendations.length > 0 ? (
        <table className="items cards">
          <thead>
            <tr>
              <th scope="col">Supplement</th>
              <th scope="col">Dosage</th>
              <th scope="col" className="number">
                Units
              </th>
              {importable ? <th scope="col" aria-label="Action" /> : null}
            </tr>
          </thead>
          <tbody>
            {plan.recommendations.map((item) => (
              <tr key={item.id}>
                <th scope="row">
                  {item.product ? item.product.name : `Product ${item.variantId} (not found at Fullscript)`}
                  {importedIds.has(item.id) ? (
                    <>
                      {' '}
                      <Mark>in chart</Mark>
                    </>
                  ) : null}
                  {item.product ? (
                    <small className="muted">
                      {item.product.brand}
                      {item.product.units ? `, ${item.product.units} ${item.product.unitOfMeasure ?? 'units'}` : ''}
                    </small>
                  ) : null}
                </th>
                <td data-label="Dosage">
                  {item.dosage?.text ?? 'Use as directed'}
                  {item.takeWith && !item.dosage?.text.includes(`with ${item.takeWith}`) ? (
                    <small className="muted">with {item.takeWith}</small>
                  ) : null}
                </td>
                <td className="number" data-label="Units">
                  {item.unitsToPurchase ?? '–'}
                  {item.refill ? <small className="muted">refill</small> : null}
                </td>
                {importable ? (
                  <td className="action">
                    <button
                      type="button"
                      className="small"
                      data-testid={`add-${plan.id}-${item.id}`}
                      aria-label={`Add ${item.product?.name ?? 'this product'} to plan`}
                      onClick={() => props.onImport({ plan, recommendationId: item.id })}
                    >
                      Add to plan
                    </button>
                  </td>
                ) : null}
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {plan.labRecommendations.length > 0 ? (
        <ul className="labs" aria-label="Labs on this plan">
          {plan.labRecommendations.map((lab) => (
            <li key={lab.id}>
              <span>
                <strong>{lab.name}</strong>
                <small className="muted">
                  {lab.tests.map((test) => test.name).join(', ')}
                  {lab.requiresFasting ? ' · fasting' : ''}
                  {lab.instructions ? ` · ${lab.instructions}` : ''}
                </small>
              </span>
              <StageBadge stage={lab.stage} />
            </li>
          ))}
        </ul>
      ) : null}
      <div className="actions foot">
        {plan.invitationUrl && plan.state === 'ACTIVE' ? (
          <a
            className="button small"
            href={plan.invitationUrl}
            target="_blank"
            rel="noopener noreferrer"
            data-testid={`order-${plan.id}`}
          >
            Order link
          </a>
        ) : null}
        {plan.state !== 'CANCELLED' ? (
          <button
            type="button"
            className="small"
            disabled={busy}
            data-testid={`edit-${plan.id}`}
            onClick={() => void edit()}
          >
            Edit in Fullscript
          </button>
        ) : null}
        {clinical && plan.state === 'ACTIVE' && !empty ? (
          <ConfirmButton
            label="Check out in office"
            testId={`checkout-${plan.id}`}
            className="small"
            confirmLabel="Empty the cart and check out"
            question="Fullscript empties the patient's cart first. What the patient has put there is lost."
            onConfirm={checkOut}
          />
        ) : null}
        {link ? (
          <a href={link} target="_blank" rel="noopener noreferrer">
            The tab was blocked: open Fullscript
          </a>
        ) : null}
      </div>
      {problem ? <ProblemNote problem={problem} /> : null}
    </article>
  );
}
