import type { ConnectionStatus, LabStage } from './words.ts';
import { toPhrase, toStageCounts } from './words.ts';

const STATUS: Record<ConnectionStatus, { tone: string; words: string }> = {
  CONNECTED: { tone: 'good', words: 'Connected' },
  NOT_CONNECTED: { tone: 'plain', words: 'Not connected' },
  RECONNECT_REQUIRED: { tone: 'warn', words: 'Reconnect needed' },
  DISABLED: { tone: 'plain', words: 'Switched off' },
  MATCH_REQUIRED: { tone: 'warn', words: 'Match needed' },
  UNKNOWN: { tone: 'plain', words: 'Unknown' },
};

/** A connection status in words. */
export function toStatusWords(status: ConnectionStatus): string {
  return STATUS[status].words;
}

/** A connection status in words; the constant itself stays readable as `data-status`. */
export function StatusBadge(props: { status: ConnectionStatus; testId?: string }) {
  const { tone, words } = STATUS[props.status];
  return (
    <span className={`badge ${tone}`} data-status={props.status} data-testid={props.testId}>
      {words}
    </span>
  );
}

const STATE_TONE: Record<string, string> = { ACTIVE: 'good', DRAFT: 'warn', CANCELLED: 'plain' };

/** A plan's state; ACTIVE means that it was sent to the patient. */
export function PlanStateBadge(props: { state: string }) {
  return (
    <span className={`badge ${STATE_TONE[props.state] ?? 'plain'}`} data-state={props.state}>
      {toPhrase(props.state)}
    </span>
  );
}

const STAGE_TONE: Record<LabStage, string> = {
  RESULTS_READY: 'good',
  PURCHASED: 'info',
  NOT_PURCHASED: 'plain',
  UNKNOWN: 'warn',
};

/** A lab test's stage. */
export function StageBadge(props: { stage: LabStage; count?: number }) {
  return (
    <span className={`badge ${STAGE_TONE[props.stage]}`} data-stage={props.stage}>
      {props.stage === 'UNKNOWN' ? 'Not known just now' : toPhrase(props.stage)}
      {props.count !== undefined && props.count > 1 ? ` ${props.count}` : ''}
    </span>
  );
}

/** How many labs there are of each stage. */
export function StageBadges(props: { stages: readonly LabStage[] }) {
  return toStageCounts(props.stages).map(({ stage, count }) => <StageBadge key={stage} stage={stage} count={count} />);
}

/** A word that qualifies something, such as archived or dependent. */
export function Mark(props: { children: string; tone?: 'warn' | 'plain' }) {
  return <span className={`mark ${props.tone ?? 'plain'}`}>{props.children}</span>;
}
