import type { Answer, AskOptions, Deployment } from './deployment.ts';

/** The EMR's patient as its gateway represents it, with all that is required of it. Throws for an unknown one. */
export function toRepresentation({ emr }: Pick<Deployment, 'emr'>, patientId: string): object {
  const patient = emr.store.patients.get(patientId);
  if (!patient) throw new Error(`The EMR has no patient ${patientId}`);
  const { id, email, firstName, lastName, dateOfBirth } = patient;
  return { __typename: 'Patient', id, email, firstName, lastName, dateOfBirth };
}

/** Asks for one patient as a gateway does; `patient` is what came back for it. */
export async function askPatient(
  deployment: Deployment,
  who: string,
  patientId: string,
  selection: string,
  options: AskOptions = {},
): Promise<Answer & { patient: Answer['data'] }> {
  const representation = toRepresentation(deployment, patientId);
  const answer = await deployment.askEntities(who, [representation], `... on Patient { ${selection} }`, options);
  return { ...answer, patient: answer.data?._entities?.[0] };
}

/** The id of the Fullscript patient with this e-mail address. Throws when there is none. */
export function getFullscriptPatientId({ sandbox }: Pick<Deployment, 'sandbox'>, email: string): string {
  const patient = [...sandbox.sandbox.state.patients.values()].find((candidate) => candidate.email === email);
  if (!patient) throw new Error(`The sandbox has no patient ${email}`);
  return patient.id;
}

/** How many requests the sandbox has answered since its log was cleared. */
export function countCalls({ sandbox }: Pick<Deployment, 'sandbox'>): number {
  return sandbox.sandbox.calls.count();
}

/** Looks again and again until `find` gives something, for what happens by itself. Throws after `withinMs` (10 s). */
export async function waitFor<T>(
  what: string,
  find: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  withinMs = 10_000,
): Promise<T> {
  const until = Date.now() + withinMs;
  for (;;) {
    const found = await find();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > until) throw new Error(`Waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
