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

/** Edits the patient at Fullscript: discount, names and birth date. Only what was changed is sent. */
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
  };
  const [values, setValues] = useState(before);
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<AnswerError[]>([]);
  const [problem, setProblem] = useState<Exclude<UpdateResult, { __typename: 'FullscriptPatientUpdated' }> | null>(
    null,
  );

  async function save() {
    setBusy(true);
    setErrors([]);
    setProblem(null);
    const changed = (['firstName', 'lastName', 'dateOfBirth'] as const)
      .filter((field) => values[field] !== before[field] && values[field] !== '')
      .map((field) => [field, values[field]]);
    const answer = await ask<{ updateFullscriptPatient: UpdateResult }>(UPDATE, {
      input: {
        patientId: props.patientId,
        clinicId: account.clinic.id,
        ...Object.fromEntries(changed),
        ...(values.discountPercent !== before.discountPercent && values.discountPercent !== ''
          ? { discountPercent: Number(values.discountPercent) }
          : {}),
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
        value={values[name]}
        data-testid={name === 'discountPercent' ? 'account-discount' : undefined}
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
        </div>
        <ErrorNote errors={errors} />
        {problem ? <ProblemNote problem={problem} /> : null}
        <div className="actions end">
          <button type="button" onClick={props.onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={busy} data-testid="account-save">
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
