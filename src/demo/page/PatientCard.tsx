import { useState } from 'react';
import { AccountDialog } from './AccountDialog.tsx';
import { Mark, StatusBadge } from './Badge.tsx';
import { hasRole } from './demo-users.ts';
import { ConfirmButton } from './Dialog.tsx';
import { ErrorNote } from './ErrorNote.tsx';
import type { AnswerError } from './graphql.ts';
import type { OverviewPatient } from './patient-overview.ts';
import { useSession } from './session.tsx';
import { toDateWords, toDayWords, toFullName } from './words.ts';

const UNLINK = /* GraphQL */ `
  mutation Unlink($input: FullscriptUnlinkPatientInput!) {
    unlinkFullscriptPatient(input: $input) {
      unlinked
    }
  }
`;

const LINKED_BY: Record<string, string> = {
  STORED_ID: 'by a stored id',
  METADATA: 'by our id kept at Fullscript',
  EMAIL_AND_IDENTITY: 'by e-mail and identity',
  MANUAL: 'by hand',
  CREATED: 'created from the EMR',
  GATEWAY: 'chosen on Fullscript',
};

/** The EMR's demographics beside the Fullscript account. */
export function PatientCard(props: {
  patient: OverviewPatient;
  errors: AnswerError[];
  onMatch: () => void;
  onChanged: () => Promise<void>;
}) {
  const { user, ask, notify, notifyErrors } = useSession();
  const { patient } = props;
  const [editing, setEditing] = useState(false);
  const account = patient.fullscriptAccount;
  const mayLink = hasRole(user, 'practitioner', 'staff');

  async function unlink() {
    const answer = await ask<{ unlinkFullscriptPatient: { unlinked: boolean } }>(UNLINK, {
      input: { patientId: patient.id },
    });
    if (answer.data) {
      const { unlinked } = answer.data.unlinkFullscriptPatient;
      notify({ tone: 'good', text: unlinked ? 'Unlinked.' : 'There was no link to take away.' });
      await props.onChanged();
    } else notifyErrors(answer.errors);
  }

  return (
    <div className="pair">
      <section className="card" aria-label="EMR record">
        <h2>EMR record</h2>
        <dl>
          <dt>Name</dt>
          <dd>{toFullName(patient, '–')}</dd>
          <dt>Birth date</dt>
          <dd>{toDateWords(patient.dateOfBirth)}</dd>
          <dt>E-mail</dt>
          <dd>{patient.email ?? '–'}</dd>
          <dt>Mobile</dt>
          <dd>{patient.mobileNumber ?? '–'}</dd>
          <dt>Gender</dt>
          <dd>{patient.gender ?? '–'}</dd>
        </dl>
      </section>
      <section className="card" aria-label="Fullscript account" data-testid="fullscript-account">
        <div className="card-head">
          <h2>Fullscript</h2>
          {patient.connectionStatus ? <StatusBadge status={patient.connectionStatus} testId="patient-status" /> : null}
          {account?.archived ? <Mark tone="warn">archived</Mark> : null}
          {account?.isDependent ? <Mark>dependent</Mark> : null}
          <div className="spacer" />
          {account && mayLink ? (
            <>
              <button type="button" className="small" data-testid="edit-account" onClick={() => setEditing(true)}>
                Edit
              </button>
              <button type="button" className="small" data-testid="match" onClick={props.onMatch}>
                Compare
              </button>
              <ConfirmButton
                label="Unlink"
                testId="unlink"
                className="small"
                confirmLabel="Unlink"
                question={`${toFullName(account, 'This Fullscript patient')} at Fullscript is no longer taken for ${toFullName(patient, patient.id)}, and is not linked again by itself. That they were linked, and by whom, stays on record.`}
                onConfirm={unlink}
              />
            </>
          ) : null}
        </div>
        <ErrorNote errors={props.errors} />
        {account ? (
          <dl>
            <dt>Name</dt>
            <dd>{toFullName(account, '–')}</dd>
            <dt>Birth date</dt>
            <dd>{toDateWords(account.dateOfBirth)}</dd>
            <dt>E-mail</dt>
            <dd>{account.email ?? (account.isDependent ? 'none of their own' : '–')}</dd>
            <dt>Clinic</dt>
            <dd>{account.clinic.name}</dd>
            <dt>Discount</dt>
            <dd>
              {account.discountPercent === null ? 'none of their own' : `${account.discountPercent} %`}
              {account.totalDiscountPercent === null ? '' : `, ${account.totalDiscountPercent} % with the clinic's`}
            </dd>
            <dt>Linked</dt>
            <dd>
              {toDayWords(account.linkedAt)}, {LINKED_BY[account.linkedBy] ?? account.linkedBy}
            </dd>
          </dl>
        ) : (
          <NotLinked patient={patient} mayLink={mayLink} onMatch={props.onMatch} />
        )}
      </section>
      {editing && account ? (
        <AccountDialog
          patientId={patient.id}
          account={account}
          onClose={() => setEditing(false)}
          onSaved={async () => {
            setEditing(false);
            await props.onChanged();
          }}
        />
      ) : null}
    </div>
  );
}

function NotLinked(props: { patient: OverviewPatient; mayLink: boolean; onMatch: () => void }) {
  switch (props.patient.connectionStatus) {
    case 'MATCH_REQUIRED':
      return (
        <div className="note warn">
          <p>Somebody at Fullscript may be this patient, but it is not certain: please compare.</p>
          {props.mayLink ? (
            <button type="button" className="primary small" data-testid="match" onClick={props.onMatch}>
              Compare and link
            </button>
          ) : null}
        </div>
      );
    case 'NOT_CONNECTED':
      return (
        <p className="muted below">
          {props.patient.email
            ? 'Not at Fullscript yet. Recommending makes the Fullscript patient.'
            : 'Without an e-mail address nobody can be found or made at Fullscript.'}
        </p>
      );
    case 'DISABLED':
      return <p className="muted below">An admin has switched Fullscript off.</p>;
    default:
      return <p className="muted below">It cannot be told whether this patient is at Fullscript.</p>;
  }
}
