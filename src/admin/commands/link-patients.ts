import { createLinkPatients, type LinkPatientsRun, type PatientOutcome } from '../../operations/link-patients.ts';
import { UsageError, type Command } from '../command-line.ts';
import { readPatientIds, splitPatientIds, type PatientIds } from '../patient-ids.ts';
import type { Session } from '../session.ts';

/** `link-patients`: many patients of the EMR found at Fullscript, and linked. */
export const linkPatients: Command = {
  name: 'link-patients',
  about: 'find patients of the EMR at Fullscript, and link the unmistakable ones',
  usage: '--organization ID --user ID [--clinic ID] --ids ID,ID | --file PATH [--apply]',
  options: {
    organization: { value: 'ID', about: "the EMR's organization" },
    user: { value: 'ID', about: 'the EMR user whose Fullscript account is used' },
    clinic: { value: 'ID', about: "a clinic of Fullscript's that this user has connected; the default one without it" },
    ids: { value: 'ID,ID', about: "patients of the EMR, by the EMR's ids" },
    file: { value: 'PATH', about: 'one id a line, or CSV: the column patient_id or id, else the first one' },
    apply: { about: 'link those who are unmistakable; without it nothing is changed' },
  },
  details: [
    'The EMR is asked with EMR_SERVICE_TOKEN. The rule is that of the service; those who share an e-mail address are compared with each other first, so that the order of the',
    'list decides nothing. Of the doubtful, ids and the names of fields are told, never what stands in them.',
    'It leaves the last fifth of the call budget to users, and takes up to 4 calls for a patient with one candidate. Ctrl-C stops it; what is linked',
    'stays linked, and the same command again goes on from there. A running service writes the ids into Fullscript’s metadata.',
  ],
  read(given) {
    const organizationId = given.required('organization');
    const userId = given.required('user');
    const clinicId = given.text('clinic');
    const apply = given.has('apply');
    const readList = readSource(given.text('ids'), given.text('file'));
    return async (session) => {
      const { ids, repeated, withoutId } = await readList();
      if (repeated > 0) session.terminal.note(`${repeated} rows repeat an id; each patient is looked at once.`);
      if (withoutId > 0) session.terminal.note(`${withoutId} rows have no id and are left out.`);
      const caller = session.callerIn(organizationId);
      const start = createLinkPatients(session.parts.operationNeeds);
      const run = await start(caller, { userId, clinicId, patientIds: ids, apply });
      return await follow(session, run, apply);
    };
  },
};

function readSource(ids: string | undefined, file: string | undefined): () => Promise<PatientIds> {
  if (ids !== undefined && file === undefined) {
    const list = splitPatientIds(ids);
    return () => Promise.resolve(list);
  }
  if (file !== undefined && ids === undefined) return () => readPatientIds(file);
  throw new UsageError('give either --ids or --file');
}

/** Prints what becomes of each, and at the end, however it comes, how many of each kind there were. */
async function follow(session: Session, run: LinkPatientsRun, apply: boolean): Promise<0 | 1> {
  const { terminal } = session;
  const counts = createCounts();
  const total = run.total;
  try {
    for await (const { asked, outcomes } of run.steps) {
      for (const outcome of outcomes) {
        counts.add(outcome);
        await session.printResult(outcome, () => toLine(outcome));
      }
      if (asked < total) terminal.progress('Asked the EMR', asked, total);
      else terminal.progress('Looked for', counts.seen(), total);
    }
  } finally {
    terminal.endProgress();
    const summary = `Clinic ${run.clinicId}: ${counts.toWords(total)}.`;
    terminal.note(counts.seen() < total ? `${summary} The rest was not looked at: run it again.` : summary);
    if (!apply) terminal.note('Nothing was changed. With --apply those who match are linked.');
  }
  return counts.seen() === total && counts.failed() === 0 ? 0 : 1;
}

type Outcome = PatientOutcome['outcome'];

const words: Record<Outcome, string> = {
  matched: 'match',
  linked: 'linked now',
  already_linked: 'already linked',
  doubtful: 'doubtful',
  absent: 'absent',
  unknown: 'unknown to the EMR',
  failed: 'failed',
};

function createCounts() {
  const counts = new Map<Outcome, number>();
  const of = (outcome: Outcome): number => counts.get(outcome) ?? 0;
  const seen = (): number => [...counts.values()].reduce((sum, count) => sum + count, 0);
  return {
    add: ({ outcome }: PatientOutcome): void => void counts.set(outcome, of(outcome) + 1),
    seen,
    failed: () => of('failed'),
    toWords: (total: number): string =>
      [
        `${seen()} of ${total} patients`,
        ...(Object.keys(words) as Outcome[])
          .filter((outcome) => of(outcome) > 0)
          .map((outcome) => `${of(outcome)} ${words[outcome]}`),
      ].join(', '),
  };
}

/** One patient as a line: the outcome, the id, and what there is to know. */
function toLine(outcome: PatientOutcome): string {
  return [words[outcome.outcome].padEnd(18), outcome.patientId, ...toDetails(outcome)].join('  ').trimEnd();
}

function toDetails(outcome: PatientOutcome): string[] {
  switch (outcome.outcome) {
    case 'matched':
    case 'linked':
    case 'already_linked':
      return [outcome.fullscriptPatientId, outcome.method];
    case 'absent':
      return outcome.hasEmail ? [] : ['no e-mail address'];
    case 'failed':
      return [outcome.reason];
    case 'unknown':
      return [];
    case 'doubtful': {
      const { candidates, rivalPatientIds } = outcome;
      const rivals = rivalPatientIds.length === 0 ? [] : [`is as well ${rivalPatientIds.join(' ')}`];
      return candidates.map(({ fullscriptPatientId, differs, linkedPatientId }) =>
        [
          fullscriptPatientId,
          differs.length === 0 ? 'nothing differs' : `differs in ${differs.join(' ')}`,
          ...(linkedPatientId === null ? [] : [`linked to ${linkedPatientId}`]),
          ...rivals,
        ].join(', '),
      );
    }
  }
}
