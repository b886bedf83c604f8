import { useState } from 'react';
import { Dialog } from './Dialog.tsx';
import { ErrorNote } from './ErrorNote.tsx';
import type { AnswerError } from './graphql.ts';
import type { FullscriptPatient } from './patient-overview.ts';
import { ProblemNote } from './ProblemNote.tsx';
import { useSession } from './session.tsx';

const UPDATE = /* GraphQL */ `
  mutation UpdateFullscriptPatient($input: FullscriptUpdatePatientInput!) {
    updateFullscriptPatient(input: $input) {
      __typename
      ... on FullscriptPatientUpdated {
        account {
          id
          discountPercent
        }
      }
      ... on FullscriptConnectionRequired {
        message
        authorizeUrl
      }
      ... on FullscriptPatientNotLinked {
        message
      }
      ... on FullscriptRejected {
        message
        reasons
      }
    }
  }
`;

type UpdateResult =
  | { __typename: 'FullscriptPatientUpdated' }
  | { __typename: 'FullscriptConnectionRequired'; message: string; authorizeUrl: string | null }
  | { __typename: 'FullscriptPatientNotLinked'; message: string }
  | { __typename: 'FullscriptRejected'; message: string; reasons: string[] };

/** Edits the patient at Fullscript: discount, names, phone and birth date. Only what was changed is sent. */
export function AccountDialog(props: {
  patientId: string;
  account: FullscriptPatient;
  onClose: () => void;
  onSaved: () => Promise<void>;
}) {
  const { ask, notify } = useSession();
  const { account } = props;
  const before = {
    discountPercent: account.discountPercent === null ? '' : String(account.discountPercent),
    firstName: account.firstName ?? '',
    lastName: account.lastName ?? '',
    dateOfBirth: account.dateOfBirth ?? '',
    // Not among what can be read of the account, so only a new number is given.
    mobileNumber: '',
  };
  const [values, setValues] = useState(before);
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<AnswerError[]>([]);
  const [problem, setProblem] = useState<Exclude<UpdateResult, { __typename: 'FullscriptPatientUpdated' }> | null>(
    null,
  );

  const changed = (Object.keys(before) as (keyof typeof before)[]).filter(
    (field) => values[field].trim() !== before[field],
  );

  async function save() {
    setBusy(true);
    setErrors([]);
    setProblem(null);
    const answer = await ask<{ updateFullscriptPatient: UpdateResult }>(UPDATE, {
      input: {
        patientId: props.patientId,
        clinicId: account.clinic.id,
        ...Object.fromEntries(
          changed.map((field) => [field, field === 'discountPercent' ? Number(values[field]) : values[field].trim()]),
        ),
      },
    });
    setBusy(false);
    const result = answer.data?.updateFullscriptPatient;
    if (!result) setErrors(answer.errors);
    else if (result.__typename === 'FullscriptPatientUpdated') {
      notify({ tone: 'good', text: 'Saved at Fullscript.' });
      await props.onSaved();
    } else setProblem(result);
  }

  const field = (name: keyof typeof values, label: string, type: string) => (
    <label>
      <span>{label}</span>
      <input
        type={type}
        min={type === 'number' ? 0 : undefined}
        max={type === 'number' ? 100 : undefined}
        // Fullscript's record can be changed from here, not emptied.
        required={before[name] !== ''}
        value={values[name]}
        data-testid={name === 'discountPercent' ? 'account-discount' : `account-${name}`}
        onChange={(event) => setValues({ ...values, [name]: event.target.value })}
      />
    </label>
  );
  return (
    <Dialog title="Edit the patient at Fullscript" onClose={props.onClose} testId="account-dialog">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div className="fields">
          {field('discountPercent', 'Own discount, %', 'number')}
          {field('firstName', 'First name', 'text')}
          {field('lastName', 'Last name', 'text')}
          {field('dateOfBirth', 'Birth date', 'date')}
          {field('mobileNumber', 'New mobile number', 'tel')}
        </div>
        <ErrorNote errors={errors} />
        {problem ? <ProblemNote problem={problem} /> : null}
        <div className="actions end">
          <button type="button" onClick={props.onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={busy || changed.length === 0} data-testid="account-save">
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
