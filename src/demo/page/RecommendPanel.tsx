import { useEffect, useRef, useState } from 'react';
import { useAnswer } from './answers.ts';
import { toDraftItems } from './draft-items.ts';
import { EmbedDialog } from './EmbedDialog.tsx';
import { ErrorNote } from './ErrorNote.tsx';
import { isOutage, type AnswerError } from './graphql.ts';
import type { OverviewPatient } from './patient-overview.ts';
import type { Chart } from './patient-record.ts';
import { ProblemNote, type Problem } from './ProblemNote.tsx';
import {
  CREATE_RECOMMENDATION,
  writesOwnPlans,
  type CreateRecommendation,
  type RecommendationDraft,
} from './recommendation.ts';
import { useSession } from './session.tsx';
import { openTab } from './tabs.ts';
import { toChartKind, toCount, toDayWords, toFullName, type ConnectionStatus } from './words.ts';

const PRACTITIONERS = /* GraphQL */ `
  query Practitioners {
    practitioners {
      id
      firstName
      lastName
    }
  }
`;

/** What stands in the place of "Recommend with Fullscript" while the viewer cannot: Connect, or why not. */
function ConnectFirst(props: { status: ConnectionStatus }) {
  const { connect } = useSession();
  if (props.status === 'DISABLED') {
    return <p className="muted">Nothing can be recommended: an admin has switched Fullscript off here.</p>;
  }
  return (
    <div className="actions">
      <button type="button" className="primary" data-testid="recommend-connect" onClick={() => void connect()}>
        {props.status === 'RECONNECT_REQUIRED' ? 'Reconnect Fullscript' : 'Connect Fullscript'}
      </button>
      <span className="muted">to recommend supplements and labs to this patient.</span>
    </div>
  );
}

function readWelcome(value: string): '' | 'yes' | 'no' {
  return value === 'yes' || value === 'no' ? value : '';
}

/** "Recommend with Fullscript": asks for a draft, opens Fullscript's plan page, and tells every other outcome. */
export function RecommendPanel(props: {
  patient: OverviewPatient;
  charts: readonly Chart[];
  watching: boolean;
  /** The awaited plan was sent and is on the page. */
  arrived: boolean;
  onDraft: (planId: string | null) => void;
  onStopWatching: () => void;
  onMatch: () => void;
}) {
  const { user, viewer, ask, notify } = useSession();
  const ownPlans = writesOwnPlans(user, viewer);
  const practitioners = useAnswer<{
    practitioners: { id: string; firstName: string | null; lastName: string | null }[];
  }>(PRACTITIONERS, {}, { skip: ownPlans });
  const [entrypoint, setEntrypoint] = useState<'CATALOG' | 'LABS'>('CATALOG');
  const [chartId, setChartId] = useState('');
  const [practitionerId, setPractitionerId] = useState('');
  const [personalMessage, setPersonalMessage] = useState('');
  const [earlierPlanId, setEarlierPlanId] = useState('');
  const [welcome, setWelcome] = useState<'' | 'yes' | 'no'>('');
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<AnswerError[]>([]);
  const [problem, setProblem] = useState<(Problem & { gatewayUrl?: string | null }) | null>(null);
  const [draft, setDraft] = useState<RecommendationDraft | null>(null);
  const [blocked, setBlocked] = useState(false);
  const [embedded, setEmbedded] = useState(false);
  // The same wish keeps its key until it was answered, so that a repeat after an outage makes no second draft.
  const pending = useRef<{ wish: string; key: string } | null>(null);

  const known = practitioners.answer?.data?.practitioners ?? [];
  const openCharts = props.charts.filter((chart) => chart.signedAt === null);
  const earlierPlans = (props.patient.treatmentPlans?.nodes ?? []).filter((plan) => plan.recommendations.length > 0);
  const earlierPlan = earlierPlans.find((plan) => plan.id === earlierPlanId);
  // Only somebody new at Fullscript is welcomed there.
  const mayBeMade = props.patient.connectionStatus === 'NOT_CONNECTED';

  // What stood in the way is out of it once the patient is linked, or linked to somebody else.
  const accountId = props.patient.fullscriptAccount?.id;
  useEffect(() => setProblem(null), [accountId]);

  async function recommend() {
    setBusy(true);
    setErrors([]);
    setProblem(null);
    setDraft(null);
    setBlocked(false);
    const input = {
      patientId: props.patient.id,
      entrypoint,
      ...(chartId ? { chartId } : {}),
      ...(practitionerId ? { practitionerId } : {}),
      ...(personalMessage.trim() ? { personalMessage: personalMessage.trim() } : {}),
      ...(earlierPlan ? { items: toDraftItems(earlierPlan) } : {}),
      ...(mayBeMade && welcome ? { sendWelcomeEmail: welcome === 'yes' } : {}),
    };
    const wish = JSON.stringify(input);
    if (pending.current?.wish !== wish) pending.current = { wish, key: crypto.randomUUID() };
    const answer = await ask<{ createRecommendation: CreateRecommendation }>(CREATE_RECOMMENDATION, {
      input: { ...input, idempotencyKey: pending.current.key },
    });
    setBusy(false);
    const result = answer.data?.createRecommendation;
    if (result || !answer.errors.every(isOutage)) pending.current = null;
    if (!result) setErrors(answer.errors);
    else if (result.__typename === 'FullscriptRecommendationDraft') {
      setDraft(result);
      props.onDraft(result.plan?.id ?? null);
      setBlocked(!openTab(result.redirectUrl));
    } else setProblem(result);
  }

  if (viewer && !viewer.canRecommend) {
    return (
      <section className="card recommend" aria-label="Recommend with Fullscript">
        <ConnectFirst status={viewer.connectionStatus} />
      </section>
    );
  }
  return (
    <section className="card recommend" aria-label="Recommend with Fullscript">
      <form
        className="recommend-form"
        onSubmit={(event) => {
          event.preventDefault();
          void recommend();
        }}
      >
        <div className="actions first">
          <button type="submit" className="primary" data-testid="recommend" disabled={busy}>
            {busy ? 'Asking Fullscript…' : 'Recommend with Fullscript'}
          </button>
          <button type="button" data-testid="recommend-here" onClick={() => setEmbedded(true)}>
            Recommend on this page
          </button>
          <small className="muted">On this page the plan begins empty.</small>
        </div>
        {ownPlans ? null : (
          <label>
            <span>On behalf of</span>
            <select
              required
              value={practitionerId}
              data-testid="recommend-practitioner"
              onChange={(event) => setPractitionerId(event.target.value)}
            >
              <option value="">choose a practitioner…</option>
              {known.map((one) => (
                <option key={one.id} value={one.id}>
                  {toFullName(one, one.id)}
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          <span>Open at</span>
          <select
            value={entrypoint}
            data-testid="recommend-entrypoint"
            onChange={(event) => setEntrypoint(event.target.value === 'LABS' ? 'LABS' : 'CATALOG')}
          >
            <option value="CATALOG">Supplements</option>
            <option value="LABS">Labs</option>
          </select>
        </label>
        {openCharts.length > 0 ? (
          <label>
            <span>Written in</span>
            <select value={chartId} data-testid="recommend-chart" onChange={(event) => setChartId(event.target.value)}>
              <option value="">no chart</option>
              {openCharts.map((chart) => (
                <option key={chart.id} value={chart.id}>
                  {toChartKind(chart.kind)}, {toDayWords(chart.createdAt)}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        {earlierPlans.length > 0 ? (
          <label>
            <span>Begin with</span>
            <select
              value={earlierPlan?.id ?? ''}
              data-testid="recommend-items"
              onChange={(event) => setEarlierPlanId(event.target.value)}
            >
              <option value="">an empty plan</option>
              {earlierPlans.map((plan) => (
                <option key={plan.id} value={plan.id}>
                  {toCount(plan.recommendations.length, 'supplement')} of {toDayWords(plan.createdAt)}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        {mayBeMade ? (
          <label>
            <span>Welcome e-mail</span>
            <select
              value={welcome}
              data-testid="recommend-welcome"
              onChange={(event) => setWelcome(readWelcome(event.target.value))}
            >
              <option value="">as set up</option>
              <option value="yes">send</option>
              <option value="no">do not send</option>
            </select>
          </label>
        ) : null}
        <label className="grow">
          <span>Message to the patient</span>
          <input
            value={personalMessage}
            placeholder="optional"
            data-testid="recommend-message"
            onChange={(event) => setPersonalMessage(event.target.value)}
          />
        </label>
      </form>
      <ErrorNote errors={[...errors, ...(practitioners.answer?.errors ?? [])]} />
      {problem ? (
        <ProblemNote problem={problem} testId="recommend-outcome">
          {problem.__typename === 'FullscriptPatientMatchRequired' ? (
            <div className="actions">
              <button type="button" className="primary small" data-testid="recommend-match" onClick={props.onMatch}>
                Compare and link
              </button>
              {problem.gatewayUrl ? (
                <a
                  className="button small"
                  href={problem.gatewayUrl}
                  target="_blank"
                  rel="noopener noreferrer"
                  data-testid="choose-on-fullscript"
                  onClick={() => props.onDraft(null)}
                >
                  Let me choose on Fullscript
                </a>
              ) : null}
            </div>
          ) : null}
        </ProblemNote>
      ) : null}
      {props.arrived ? (
        <div className="note good" role="status">
          <p>The plan was sent and is below.</p>
        </div>
      ) : draft ? (
        <div className="note good" data-testid="recommend-outcome" data-outcome={draft.__typename}>
          <p>
            {blocked ? 'The browser did not let the tab open. ' : 'Fullscript is open in a new tab. '}
            <a href={draft.redirectUrl} target="_blank" rel="noopener noreferrer" data-testid="open-fullscript">
              Open Fullscript
            </a>
            {draft.createdPatient ? ' A new Fullscript patient was made.' : ''}
            {draft.itemsApplied ? '' : ' The supplements could not be put on the draft; please add them on Fullscript.'}
          </p>
        </div>
      ) : null}
      {props.watching ? (
        <p className="watching" data-testid="watching" role="status">
          <span className="pulse" aria-hidden="true" /> Waiting for the plan: once sent on Fullscript it appears below
          by itself.{' '}
          <button type="button" className="link" onClick={props.onStopWatching}>
            Stop waiting
          </button>
        </p>
      ) : null}
      {embedded ? (
        <EmbedDialog
          patientId={props.patient.id}
          entrypoint={entrypoint}
          onReady={() => {
            setDraft(null);
            setProblem(null);
            props.onDraft(null);
          }}
          onSent={() => {
            setEmbedded(false);
            notify({ tone: 'good', text: 'The plan was sent.' });
          }}
          onClose={() => setEmbedded(false)}
        />
      ) : null}
    </section>
  );
}
