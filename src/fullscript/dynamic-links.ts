import { z } from 'zod';
import type { FullscriptPatient } from '../domain/patient.ts';
import type { PlanState } from '../domain/treatment-plan.ts';
import type { Call } from './call.ts';
import type { Client } from './client.ts';
import { toPatientBody, wirePatient } from './patients.ts';
import { readPlanState } from './plans.ts';
import type { Answer } from './answer.ts';
import type { Endpoint } from './endpoint.ts';
import { lenient, findFirst, isRow, readWire, toSnakeKeys, wireId, wireLink } from './wire.ts';

export type Entrypoint = 'catalog' | 'labs';

/**
 * The patient of a draft link. Fullscript finds by e-mail, or creates (and mails, unless told not to). Gender and number may be written as the EMR does;
 * what Fullscript would not take of them is left out.
 */
export interface DraftLinkPatient {
  email: string;
  firstName?: string | null | undefined;
  lastName?: string | null | undefined;
  dateOfBirth?: string | null | undefined;
  gender?: string | null | undefined;
  mobileNumber?: string | null | undefined;
  discountPercent?: number | null | undefined;
  sendWelcomeEmail: boolean;
}

/** The patient of a gateway link, whom Fullscript matches or asks the user about; every key may be left out. */
export interface GatewayLinkPatient extends Partial<DraftLinkPatient> {
  /** Fullscript's own id. */
  id?: string | undefined;
  /** Our metadata id. */
  externalId?: string | undefined;
}

export interface DraftLink {
  redirectUrl: string;
  plan: { id: string; state: PlanState };
  /** Null when no patient was named and none came back. */
  patient: FullscriptPatient | null;
}

/** Links into Fullscript's own pages. Fetched fresh for every click, never stored. All are https. */
export interface DynamicLinks {
  /** Creates a draft plan at once, and finds or creates the patient. */
  draft(
    call: Call,
    input: { practitionerId: string; patient?: DraftLinkPatient | undefined; entrypoint?: Entrypoint | undefined },
    idempotencyKey?: string,
  ): Promise<DraftLink>;
  /** Creates nothing until the user has finished Fullscript's matching page. */
  gateway(
    call: Call,
    input: {
      practitionerId?: string | undefined;
      patient?: GatewayLinkPatient | undefined;
      entrypoint?: Entrypoint | undefined;
    },
    idempotencyKey?: string,
  ): Promise<{ redirectUrl: string }>;
  /** For a draft or active plan. */
  edit(call: Call, planId: string, entrypoint?: Entrypoint): Promise<{ redirectUrl: string }>;
  /** The page where the user picks the patient. */
  generic(call: Call): Promise<{ redirectUrl: string }>;
}

const scopes = ['clinic:write', 'patients:write'];
const linksRoute = '/clinic/dynamic_links/treatment_plans';
const genericEndpoint: Endpoint = { method: 'GET', route: linksRoute, scopes: ['clinic:write'] };
const editEndpoint: Endpoint = { method: 'GET', route: `${linksRoute}/{id}`, scopes: ['clinic:write'] };
const draftEndpoint: Endpoint = { method: 'POST', route: linksRoute, scopes };
const gatewayEndpoint: Endpoint = {
  method: 'POST',
  route: '/clinic/dynamic_links/gateway/treatment_plans',
  scopes,
  // Creates nothing by itself, so a second link does no harm.
  idempotent: true,
};

const wireRedirect = z.object({ redirect_url: wireLink }).transform((link) => ({ redirectUrl: link.redirect_url }));
const wireDraft = z
  .object({
    redirect_url: wireLink,
    treatment_plan: z.object({ id: wireId, state: lenient((value) => readPlanState(value) ?? 'DRAFT') }),
    patient: z.union([wirePatient, z.null()]).optional(),
  })
  .transform((link): DraftLink => ({
    redirectUrl: link.redirect_url,
    plan: link.treatment_plan,
    patient: link.patient ?? null,
  }));

/** The link stands under `dynamic_links` in some answers and at the top in others. */
function readLinkAnswer<Schema extends z.ZodType>(schema: Schema, answer: Answer): z.output<Schema> {
  const body = toSnakeKeys(answer.body);
  const wrapped = isRow(body) ? findFirst(body, ['dynamic_links', 'dynamic_link', 'gateway']) : undefined;
  return readWire(schema, isRow(wrapped) ? wrapped : body, answer);
}

/** Makes the calls for links into Fullscript's pages. */
export function createDynamicLinks(client: Client): DynamicLinks {
  return {
    draft: async (call, input, idempotencyKey) =>
      readLinkAnswer(
        wireDraft,
        await client.ask(call, draftEndpoint, {
          idempotencyKey,
          body: {
            treatment_plan: { practitioner_id: input.practitionerId },
            patient: input.patient && withoutNulls(toPatientBody(toChanges(input.patient))),
            entrypoint: input.entrypoint,
          },
        }),
      ),
    gateway: async (call, input, idempotencyKey) =>
      readLinkAnswer(
        wireRedirect,
        await client.ask(call, gatewayEndpoint, {
          idempotencyKey,
          body: {
            treatment_plan: input.practitionerId === undefined ? undefined : { practitioner_id: input.practitionerId },
            patient: input.patient && {
              id: input.patient.id,
              external_id: input.patient.externalId,
              ...withoutNulls(toPatientBody(toChanges(input.patient))),
            },
            entrypoint: input.entrypoint,
          },
        }),
      ),
    edit: async (call, planId, entrypoint) =>
      readLinkAnswer(
        wireRedirect,
        await client.ask(call, editEndpoint, { params: { id: planId }, query: { entrypoint } }),
      ),
    generic: async (call) => readLinkAnswer(wireRedirect, await client.ask(call, genericEndpoint)),
  };
}

function toChanges(patient: GatewayLinkPatient): Parameters<typeof toPatientBody>[0] {
  return {
    ...patient,
    firstName: patient.firstName ?? undefined,
    lastName: patient.lastName ?? undefined,
    gender: toGender(patient.gender),
    mobileNumber: toMobileNumber(patient.mobileNumber),
  };
}

const genders: Readonly<Record<string, string>> = {
  male: 'male',
  m: 'male',
  man: 'male',
  female: 'female',
  f: 'female',
  woman: 'female',
  x: 'x',
  nonbinary: 'x',
};

/** One of Fullscript's three words for what an EMR may write; anything else is left out, because it would refuse the patient for it. */
function toGender(gender: string | null | undefined): string | undefined {
  return genders[(gender ?? '').toLowerCase().replaceAll(/[^a-z]/g, '')];
}

/** `+1` and ten digits, the only numbers that Fullscript takes; one that cannot be written so is left out. */
function toMobileNumber(written: string | null | undefined): string | undefined {
  const digits = (written ?? '').replaceAll(/\D/g, '');
  const isAbroad = written?.trim().startsWith('+') === true && !digits.startsWith('1');
  const national = digits.length === 11 && digits.startsWith('1') ? digits.slice(1) : digits;
  return national.length === 10 && !isAbroad ? `+1${national}` : undefined;
}

/** A link describes a patient; unlike an update it has nothing to clear. */
function withoutNulls(body: object): object {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== undefined));
}
