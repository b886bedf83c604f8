import { useCallback, useEffect, useState } from 'react';
import { useAnswer } from './answers.ts';
import { ChartsCard } from './ChartsCard.tsx';
import { hasRole } from './demo-users.ts';
import { DocumentsCard } from './DocumentsCard.tsx';
import { ErrorNote } from './ErrorNote.tsx';
import { distinctByCode, errorsUnder, type AnswerError } from './graphql.ts';
import { ImportDialog, type ImportWish } from './ImportDialog.tsx';
import { LabOrderCard } from './LabOrderCard.tsx';
import { MatchDialog } from './MatchDialog.tsx';
import { useLiveUpdates } from './live-updates.ts';
import { mergeOverview, PATIENT_OVERVIEW, type Copies, type PatientOverview } from './patient-overview.ts';
import {
  CHART_IMPORTS,
  PATIENT_RECORD,
  toImportedIds,
  type ChartImports,
  type PatientRecord,
} from './patient-record.ts';
import { PatientCard } from './PatientCard.tsx';
import { PlanCard } from './PlanCard.tsx';
import { useWatchedPlan } from './plan-watch.ts';
import { RecommendPanel } from './RecommendPanel.tsx';
import { useReturn } from './return.ts';
import { useSession } from './session.tsx';
import { useViewerChange } from './viewer-change.ts';
import { toHash } from './views.ts';
import { toCount, toFullName, toTimeWords } from './words.ts';

/** Links to result files live for five minutes; the page asks for new ones before that. */
const RENEW_MS = 240_000;

/** A job tells the EMR of results a little after they are known here; only then are they among its documents. */
const RECORD_MS = 4_000;

/** Plans shown before somebody asks for the older ones; lab orders follow below them. */
const FEW_PLANS = 5;

/** One patient: the EMR's record beside Fullscript's, and everything that can be done with it. */
export function PatientPage(props: { patientId: string }) {
  const { user } = useSession();
  const clinical = hasRole(user, 'practitioner');
  const overview = useAnswer<PatientOverview>(
    PATIENT_OVERVIEW,
    { id: props.patientId, freshness: 'STALE_WHILE_REVALIDATE', fullscript: true, clinical },
    { merge: mergeOverview, emrOnly: { fullscript: false, clinical: false } },
  );
  const record = useAnswer<PatientRecord>(PATIENT_RECORD, { id: props.patientId });
  const imports = useAnswer<ChartImports>(CHART_IMPORTS, { id: props.patientId }, { skip: !clinical });
  const [wish, setWish] = useState<ImportWish | null>(null);
  const [matching, setMatching] = useState(false);
  const [allPlans, setAllPlans] = useState(false);

  const reloadOverview = overview.reload;
  const reloadImports = imports.reload;
  const reloadRecord = record.reload;
  const refresh = useCallback(async () => {
    await reloadOverview({ freshness: 'CURRENT' });
    await reloadImports();
  }, [reloadOverview, reloadImports]);
  const reloadCharts = async () => {
    await Promise.all([record.reload(), imports.reload()]);
  };
  useViewerChange(() => void Promise.all([reloadOverview(), imports.reload()]));

  const awaitReturn = useReturn(refresh);
  const patient = overview.answer?.data?.patient ?? null;
  const live = useLiveUpdates(props.patientId, {
    skip: !clinical,
    onChange: () => {
      void Promise.all([reloadOverview(), reloadImports()]);
      window.setTimeout(() => void reloadRecord(), RECORD_MS);
    },
  });
  const watch = useWatchedPlan(
    patient?.treatmentPlans?.nodes ?? null,
    () => reloadOverview({ freshness: 'CURRENT' }),
    // Whom nobody has linked yet is found by looking.
    live === 'live' && patient?.fullscriptAccount != null,
  );

  useEffect(() => {
    const timer = window.setInterval(() => {
      if (document.visibilityState === 'visible') void reloadOverview();
    }, RENEW_MS);
    return () => window.clearInterval(timer);
  }, [reloadOverview]);

  const errors = overview.answer?.errors ?? [];
  const charts = record.answer?.data?.patient?.charts ?? null;
  if (!overview.answer) return <p className="loading">Loading the patient…</p>;
  if (!patient) {
    return (
      <>
        <BackLink />
        <ErrorNote errors={errors} />
        {errors.length === 0 ? <p className="empty">The EMR does not show this patient to {user.name}.</p> : null}
      </>
    );
  }

  const above = errors.filter((error) => error.path.length < 2 || overview.answer?.partial);
  const inPlace = overview.answer.partial ? [] : errors;
  const plansErrors = errorsUnder(inPlace, ['patient', 'treatmentPlans']);
  const labsErrors = errorsUnder(inPlace, ['patient', 'labOrders']);
  const accountErrors = [
    ...errorsUnder(inPlace, ['patient', 'connectionStatus']),
    ...errorsUnder(inPlace, ['patient', 'fullscriptAccount']),
  ];
  // What account, plans and labs lack for the same reason is said once.
  const shared = distinctByCode(accountErrors).filter((error) =>
    [plansErrors, labsErrors].every((errors) => errors.some((other) => other.code === error.code)),
  );
  const notShared = (errors: AnswerError[]) =>
    errors.filter((error) => !shared.some((other) => other.code === error.code));
  const plans = patient.treatmentPlans?.nodes ?? [];
  const shownPlans = allPlans ? plans : plans.slice(0, FEW_PLANS);
  const linked = patient.fullscriptAccount != null;
  return (
    <div data-testid="patient-page" aria-busy={overview.loading}>
      <BackLink />
      <div className="headline">
        <h1>{toFullName(patient, 'No name')}</h1>
        <span className="muted">{patient.id}</span>
        {live === 'live' ? (
          <span className="live" data-testid="live" title="Changes at Fullscript appear here by themselves">
            live
          </span>
        ) : null}
        <div className="spacer" />
        {overview.loading ? <span className="muted">loading…</span> : null}
        <button type="button" data-testid="refresh" disabled={overview.loading} onClick={() => void refresh()}>
          Refresh from Fullscript
        </button>
      </div>
      <ErrorNote errors={[...above, ...shared]} />
      <PatientCard
        patient={patient}
        errors={notShared(accountErrors)}
        onMatch={() => setMatching(true)}
        onChanged={async () => {
          await reloadOverview();
        }}
      />
      {hasRole(user, 'practitioner', 'staff') ? (
        <RecommendPanel
          patient={patient}
          charts={charts ?? []}
          watching={watch.watching}
          arrived={watch.arrivedPlanId !== null}
          onDraft={(draftId) => {
            // Whoever does not see plans would wait in vain.
            if (clinical) watch.start(draftId);
            // Asking for a draft may have made the patient at Fullscript.
            void reloadOverview();
          }}
          onStopWatching={watch.stop}
          onMatch={() => setMatching(true)}
        />
      ) : null}

      <div className="columns">
        {clinical ? (
          <section aria-labelledby="plans">
            <div className="section-head">
              <h2 id="plans">Treatment plans</h2>
              <FreshNote copies={patient.treatmentPlans} testId="fresh-note" />
            </div>
            <ErrorNote errors={notShared(plansErrors)} />
            {shownPlans.map((plan) => (
              <PlanCard
                key={plan.id}
                plan={plan}
                importedIds={toImportedIds(imports.answer?.data ?? null, plan.id)}
                charts={charts ?? []}
                isNew={plan.id === watch.arrivedPlanId}
                onImport={setWish}
                onLeft={awaitReturn}
              />
            ))}
            {plans.length > shownPlans.length ? (
              <p className="below">
                <button type="button" data-testid="plans-more" onClick={() => setAllPlans(true)}>
                  Show {toCount(plans.length - shownPlans.length, 'older plan')}
                </button>
              </p>
            ) : null}
            {plans.length === 0 ? (
              <NothingHere
                what="treatment plans"
                copies={patient.treatmentPlans}
                errors={plansErrors}
                linked={linked}
              />
            ) : null}

            <div className="section-head">
              <h2>Lab orders</h2>
              <FreshNote copies={patient.labOrders} />
            </div>
            <ErrorNote errors={notShared(labsErrors)} />
            {patient.labOrders?.nodes.map((order) => (
              <LabOrderCard
                key={order.id}
                order={order}
                onChanged={async () => {
                  await reloadOverview();
                }}
              />
            ))}
            {(patient.labOrders?.nodes ?? []).length === 0 ? (
              <NothingHere what="lab orders" copies={patient.labOrders} errors={labsErrors} linked={linked} />
            ) : null}
          </section>
        ) : (
          <p className="empty">Treatment plans and labs are for practitioners.</p>
        )}
        <section aria-labelledby="charts">
          <ChartsCard
            patientId={patient.id}
            charts={charts}
            imports={imports.answer?.data?.patient?.charts ?? null}
            errors={[...(record.answer?.errors ?? []), ...(imports.answer?.errors ?? [])]}
            loading={!record.answer}
            onChanged={reloadCharts}
          />
          <DocumentsCard documents={record.answer?.data?.patient?.documents ?? null} />
        </section>
      </div>

      {wish ? (
        <ImportDialog
          wish={wish}
          charts={charts ?? []}
          imports={imports.answer?.data ?? null}
          onClose={() => setWish(null)}
          onImported={reloadCharts}
        />
      ) : null}
      {matching ? (
        <MatchDialog
          patient={patient}
          onClose={() => setMatching(false)}
          onLinked={async () => {
            setMatching(false);
            await reloadOverview();
          }}
          onLeft={() => {
            setMatching(false);
            watch.start(null);
          }}
        />
      ) : null}
    </div>
  );
}

function BackLink() {
  return (
    <p className="back">
      <a href={toHash({ name: 'patients' })}>← Patients</a>
    </p>
  );
}

/** An empty list in words. One that could not be read must not look as if there were nothing. */
function NothingHere(props: {
  what: string;
  copies: Copies<unknown> | null | undefined;
  errors: readonly AnswerError[];
  linked: boolean;
}) {
  const { what, copies, errors, linked } = props;
  if (!copies || errors.length > 0) return <p className="empty">Not known just now.</p>;
  if (!linked) return <p className="empty">Not linked to a Fullscript patient, so there are no {what} to show.</p>;
  return <p className="empty">{copies.stale ? `No ${what} stored here yet.` : `No ${what} at Fullscript.`}</p>;
}

function FreshNote(props: { copies: Copies<unknown> | null | undefined; testId?: string }) {
  if (!props.copies) return null;
  const { syncedAt, stale, totalCount, nodes } = props.copies;
  return (
    <small className="muted" data-testid={props.testId} data-stale={stale}>
      {syncedAt ? `Checked with Fullscript ${toTimeWords(syncedAt)}` : ''}
      {stale ? `${syncedAt ? ' · ' : ''}may be behind` : ''}
      {totalCount > nodes.length ? ` · the newest ${nodes.length} of ${totalCount}` : ''}
    </small>
  );
}
