import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Sandbox } from '../sandbox.ts';
import { Refusal, getThing, type Gender, type Patient, type PatientHint, type User } from '../state.ts';
import { createField, createNotice, createSelect, toInitials, type Markup } from './layout.ts';
import { findRefusal, readOptionalText, readText, respondPage } from './respond.ts';
import { toFullName } from './sign-in.ts';

/** Where a matching screen stands and what it begins with. */
export interface PickerPlace {
  /** Address of the screen; it answers GET (with a search `q`) and POST. */
  readonly path: string;
  /** Further query parameters of `path` that a search keeps. */
  readonly query?: Readonly<Record<string, string>>;
  readonly user: User;
  readonly clinicId: string;
  /** What the caller knows about the patient; null when nothing. */
  readonly hint: PatientHint | null;
  /** Likely patients, best first. The first is chosen beforehand when it is the only one or matches by id. */
  readonly likely: readonly Patient[];
  /** Chosen beforehand; null asks. */
  readonly practitionerId: string | null;
  readonly bare: boolean;
  readonly frameAncestors?: string;
}

/** What the person at the screen decided. */
interface PickerChoice {
  readonly patient: Patient;
  readonly practitionerId: string;
}

/** Rows of the clinic's patients: few while likely matches stand above them and nothing is searched for. */
const maxRows = { belowMatches: 4, alone: 12 };

function toSearchText(patient: Patient): string {
  return `${toFullName(patient)} ${patient.email ?? ''}`.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

function createPatientRow(sandbox: Sandbox, patient: Patient, chosen: boolean): Markup {
  const guardian =
    patient.guardianPatientId === null ? undefined : sandbox.state.patients.get(patient.guardianPatientId);
  const facts = [
    guardian === undefined ? (patient.email ?? 'no e-mail') : `dependent of ${toFullName(guardian)}`,
    patient.dateOfBirth === null ? 'birth date unknown' : `born ${patient.dateOfBirth}`,
    patient.gender,
  ];
  return html`<li>
    <label class="check choice">
      <input
        type="radio"
        name="patient_id"
        value="${patient.id}"
        ${chosen ? 'checked' : ''}
        data-testid="patient-choice"
        data-patient-id="${patient.id}"
      />
      <span class="face" aria-hidden="true">${toInitials(toFullName(patient))}</span>
      <span
        ><b>${toFullName(patient)}</b><br /><span class="quiet"
          >${facts.filter((fact) => fact !== null).join(' · ')}</span
        ></span
      >
    </label>
  </li>`;
}

function listPractitioners(sandbox: Sandbox, clinicId: string): User[] {
  return [...sandbox.state.users.values()].filter((user) => user.clinicId === clinicId && user.type === 'Practitioner');
}

/** Answers with the screen that asks which patient and which practitioner a plan is for. */
export function respondPicker(
  c: Context,
  sandbox: Sandbox,
  place: PickerPlace,
  error: string | null = null,
): Response | Promise<Response> {
  const { hint } = place;
  const query = c.req.query('q') ?? '';
  const words = query.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().split(/\s+/);
  const living = [...sandbox.state.patients.values()].filter(
    (patient) => patient.clinicId === place.clinicId && !patient.archived,
  );
  const shown = place.likely.length > 0 && query === '' ? maxRows.belowMatches : maxRows.alone;
  const likelyIds = new Set(place.likely.map((patient) => patient.id));
  const others = living
    .filter((patient) => !likelyIds.has(patient.id) && words.every((word) => toSearchText(patient).includes(word)))
    .sort((one, other) => toFullName(one).localeCompare(toFullName(other)));
  const [first] = place.likely;
  const sure = first !== undefined && (place.likely.length === 1 || first.id === hint?.id);
  const described = [hint?.firstName, hint?.lastName].filter((part) => part != null).join(' ');
  const practitionerId = place.practitionerId ?? (place.user.type === 'Practitioner' ? place.user.id : null);
  const guardians = living
    .filter((patient) => patient.guardianPatientId === null)
    .map((patient) => ({ value: patient.id, label: toFullName(patient) }))
    .sort((one, other) => one.label.localeCompare(other.label));

  const body = html`
    <h1>Who is this plan for?</h1>
    <p class="lead" data-testid="picker-hint">
      ${
        hint === null
          ? 'Choose a patient of the clinic, or make a new one.'
          : html`${sandbox.app.name} asked for
            ${described === '' ? 'a patient' : html`<b>${described}</b>`}${hint.dateOfBirth === null ? '' : `, born ${hint.dateOfBirth}`}${hint.email === null ? '' : `, ${hint.email}`}.`
      }
    </p>
    ${createNotice('bad', error)}
    <form class="card row" method="get" action="${place.path}" role="search">
      ${Object.entries(place.query ?? {}).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
      <input
        class="grow"
        type="search"
        name="q"
        value="${query}"
        aria-label="Search patients"
        placeholder="Name or e-mail"
        data-testid="patient-search"
      />
      <button class="plain" type="submit">Search</button>
    </form>
    <form method="post" action="${place.path}" data-testid="patient-picker">
      ${Object.entries(place.query ?? {}).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
      <div class="card">
        ${createSelect(
          'practitioner_id',
          'Practitioner',
          listPractitioners(sandbox, place.clinicId).map((user) => ({ value: user.id, label: toFullName(user) })),
          { selected: practitionerId },
        )}
        ${
          place.likely.length === 0
            ? ''
            : html`<fieldset data-testid="likely-patients">
                <legend>Likely matches</legend>
                <ul class="hits">
                  ${place.likely.map((patient) => createPatientRow(sandbox, patient, sure && patient === first))}
                </ul>
              </fieldset>`
        }
        <fieldset data-testid="other-patients">
          <legend>${place.likely.length === 0 ? 'Patients' : 'Other patients'}</legend>
          ${
            others.length === 0
              ? html`<p class="quiet">No patient fits.</p>`
              : html`<ul class="hits">
                  ${others.slice(0, shown).map((patient) => createPatientRow(sandbox, patient, false))}
                </ul>`
          }
          ${others.length > shown ? html`<p class="quiet">${others.length - shown} more: search by name.</p>` : ''}
        </fieldset>
        <button type="submit" name="do" value="use" data-testid="use-patient">Continue with this patient</button>
      </div>
      <details class="card" ${hint !== null && place.likely.length === 0 ? 'open' : ''} data-testid="new-patient">
        <summary>Make a new patient</summary>
        <div class="fields">
          ${createField('first_name', 'First name', { value: hint?.firstName ?? '' })}
          ${createField('last_name', 'Last name', { value: hint?.lastName ?? '' })}
        </div>
        <div class="fields">
          ${createField('email', 'E-mail', { type: 'email', value: hint?.email ?? '' })}
          ${createField('mobile_number', 'Mobile number', { value: hint?.mobileNumber ?? '', placeholder: '+14165550123' })}
        </div>
        <div class="fields">
          ${createField('date_of_birth', 'Date of birth', { type: 'date', value: hint?.dateOfBirth ?? '' })}
          ${createSelect(
            'gender',
            'Biological sex',
            [
              { value: '', label: 'Not given' },
              { value: 'female', label: 'Female' },
              { value: 'male', label: 'Male' },
              { value: 'x', label: 'X' },
            ],
            { selected: hint?.gender ?? '' },
          )}
        </div>
        ${createSelect('guardian_patient_id', 'Guardian', [{ value: '', label: 'None: an account of their own' }, ...guardians])}
        <p class="quiet">A dependent lives under a guardian and has no e-mail of their own.</p>
        <button class="plain" type="submit" name="do" value="create" data-testid="create-patient">
          Make the patient and continue
        </button>
      </details>
    </form>
  `;
  return respondPage(
    c,
    { title: 'Who is this plan for?', width: 'middle', signedInAs: toFullName(place.user), bare: place.bare },
    body,
    {
      status: error === null ? 200 : 422,
      ...(place.frameAncestors === undefined ? {} : { frameAncestors: place.frameAncestors }),
    },
  );
}

function readGender(text: string): Gender | null {
  return text === 'male' || text === 'female' || text === 'x' ? text : null;
}

/**
 * Reads the decision posted by {@link respondPicker}, making the new patient when that was asked for; a dependent gets no
 * e-mail. Gives the refusal's text instead when nothing was chosen or Fullscript does not take the new patient.
 */
export function readPickerChoice(sandbox: Sandbox, place: PickerPlace, form: FormData): PickerChoice | string {
  const choices: PickerChoice[] = [];
  const refusal = findRefusal(() => {
    const practitionerId = readText(form, 'practitioner_id');
    if (!listPractitioners(sandbox, place.clinicId).some((user) => user.id === practitionerId))
      throw new Refusal(422, ['Choose a practitioner']);
    if (readText(form, 'do') === 'create') {
      const guardianPatientId = readOptionalText(form, 'guardian_patient_id');
      const email = guardianPatientId === null ? readOptionalText(form, 'email') : null;
      const patient = sandbox.actions.createPatient(
        place.clinicId,
        {
          firstName: readText(form, 'first_name'),
          lastName: readText(form, 'last_name'),
          email,
          dateOfBirth: readOptionalText(form, 'date_of_birth'),
          gender: readGender(readText(form, 'gender')),
          mobileNumber: readOptionalText(form, 'mobile_number'),
          discount: place.hint?.discount ?? 0,
          guardianPatientId,
        },
        { sendWelcomeEmail: place.hint?.sendWelcomeEmail ?? true },
      );
      choices.push({ patient, practitionerId });
      return;
    }
    const patientId = readText(form, 'patient_id');
    if (patientId === '') throw new Refusal(422, ['Choose a patient']);
    const patient = getThing(sandbox.state.patients, patientId);
    if (patient.clinicId !== place.clinicId) throw new Refusal(404, ['Not Found']);
    choices.push({ patient, practitionerId });
  });
  return choices[0] ?? refusal ?? 'Choose a patient';
}
