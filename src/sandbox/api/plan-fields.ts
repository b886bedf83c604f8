import type { PlanContent } from '../actions/plans.ts';
import type { Sandbox } from '../sandbox.ts';
import { Refusal, type Clinic, type Dosage, type Recommendation, type User } from '../state.ts';
import { readFields, readFlag, readNumber, readText, type Caller, type Fields } from './request.ts';

function readDosage(value: unknown): Dosage {
  const fields = readFields(value);
  const times = fields['time_of_day'];
  return {
    amount: readText(fields['amount']) ?? null,
    frequency: readText(fields['frequency']) ?? null,
    duration: readText(fields['duration']) ?? null,
    format: readText(fields['format']) ?? null,
    additionalInfo: readText(fields['additional_info']) ?? null,
    timeOfDay: Array.isArray(times) ? times.map(String) : [],
  };
}

function readLine(value: unknown): Recommendation {
  const fields = readFields(value);
  return {
    variantId: readText(fields['variant_id']) ?? '',
    refill: readFlag(fields['refill']) ?? false,
    unitsToPurchase: readNumber(fields['units_to_purchase']) ?? Number.NaN,
    takeWith: readText(fields['take_with']) ?? null,
    dosage: readDosage(fields['dosage']),
  };
}

/** Reads what a plan consists of. Lines, when given, replace all former ones. */
export function readPlanContent(body: Fields): PlanContent {
  const content: PlanContent = {};
  const message = readText(body['personal_message']);
  const lines = body['recommendations'];
  const resourceIds = body['resource_ids'];
  const labs = body['labs'];
  if (message !== undefined) content.personalMessage = message;
  if (Array.isArray(lines)) content.recommendations = lines.map(readLine);
  if (Array.isArray(resourceIds)) content.resourceIds = resourceIds.map(String);
  if (Array.isArray(labs)) content.labPanelIds = labs.map((lab) => readText(readFields(lab)['lab_test_id']) ?? '');
  return content;
}

/** The caller's own id for the thing, from `metadata.id`; undefined when it is not mentioned. */
export function readMetadataId(body: Fields): string | null | undefined {
  const metadata = readFields(body['metadata']);
  return 'id' in metadata ? (readText(metadata['id']) ?? null) : undefined;
}

function getPractitioner(sandbox: Sandbox, clinic: Clinic, id: string): User {
  const user = sandbox.state.users.get(id);
  if (user === undefined || user.clinicId !== clinic.id || user.type !== 'Practitioner')
    throw new Refusal(422, ['Practitioner must exist']);
  return user;
}

/** The practitioner a plan is made for: the one named, else the caller when that is a practitioner. Throws a 422 refusal otherwise. */
export function getPlanPractitioner(sandbox: Sandbox, caller: Caller, named: unknown, mayDefault: boolean): User {
  const id = readText(named) ?? null;
  if (id !== null) return getPractitioner(sandbox, caller.clinic, id);
  if (mayDefault && caller.user.type === 'Practitioner') return caller.user;
  throw new Refusal(422, ["Practitioner can't be blank"]);
}
