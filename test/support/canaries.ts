import type { SandboxState } from '../../src/sandbox/state.ts';
import type { EmrStore } from '../../src/demo/emr/store.ts';

/*
 * Canaries are texts that nobody writes by accident. They stand in for health data, so that any text can be searched for all of them at
 * once: words and addresses with a number between `Kanarie` and `Qx7`, birth dates from 1900 to 1909, phone numbers of the area code 999.
 */
const canaryPattern = /kanarie\d{4,}qx7|\b190\d-\d\d-\d\d\b|999555\d{4}/gi;

/** Makes canaries and remembers where they were put. */
export interface Canaries {
  /** A new word for `place`, such as `patients.firstName`. */
  word(place: string): string;
  /** A new e-mail address for `place`. */
  email(place: string): string;
  /** The word, address, birth date or phone number that stands for `original` everywhere: spellings of one name give one canary. */
  replace(kind: CanaryKind, original: string, place: string): string;
  /** The canary that stands for an e-mail address. Throws for one that was nowhere. */
  emailOf(original: string): string;
  /** The places of which no canary is in `text`. */
  placesMissingIn(text: string): string[];
}

export type CanaryKind = 'word' | 'email' | 'date' | 'phone';

/** Starts counting at 1. Birth dates begin anew after ten years of them, phone numbers after 10 000. */
export function createCanaries(): Canaries {
  const byOriginal = new Map<string, string>();
  const places = new Map<string, Set<string>>();
  let count = 0;

  function make(kind: CanaryKind): string {
    count += 1;
    const number = String(count).padStart(4, '0');
    if (kind === 'email') return `kanarie${number}qx7@canary.example`;
    if (kind === 'date') return new Date(Date.UTC(1900, 0, 1 + (count % 3650))).toISOString().slice(0, 10);
    return kind === 'phone' ? `+1999555${number.slice(-4)}` : `Kanarie${number}Qx7`;
  }

  function put(place: string, canary: string): string {
    const known = places.get(place) ?? new Set();
    places.set(place, known.add(canary));
    return canary;
  }

  return {
    word: (place) => put(place, make('word')),
    email: (place) => put(place, make('email')),
    replace(kind, original, place) {
      if (findCanaries(original).length > 0) return original;
      const key = `${kind}:${fold(original)}`;
      const canary = byOriginal.get(key) ?? make(kind);
      byOriginal.set(key, canary);
      return put(place, canary);
    },
    emailOf(original) {
      const canary = byOriginal.get(`email:${fold(original)}`);
      if (canary === undefined) throw new Error(`nobody has the address ${original}`);
      return canary;
    },
    placesMissingIn(text) {
      const found = new Set(findCanaries(text));
      return [...places]
        .filter(([, put]) => ![...put].some((canary) => found.has(findCanaries(canary)[0] ?? '')))
        .map(([place]) => place);
    },
  };
}

function fold(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[\p{M}\s'’-]/gu, '');
}

/** The canaries in a text, in one spelling, each once. */
export function findCanaries(text: string): string[] {
  return [...new Set(text.match(canaryPattern)?.map((found) => found.toLowerCase()))];
}

/** Each place in a text where a canary or one of `secrets` stands, with what is around it; empty for a text that is clean. */
export function findLeaks(text: string, secrets: Iterable<string> = []): string[] {
  const excerpt = (at: number): string => text.slice(Math.max(0, at - 200), at + 100);
  const leaks = [...text.matchAll(canaryPattern)].map(({ index }) => excerpt(index));
  for (const secret of secrets) {
    if (secret.length < 8) throw new Error('a secret is too short to be looked for');
    const at = text.indexOf(secret);
    if (at >= 0) leaks.push(excerpt(at));
  }
  return leaks.slice(0, 5);
}

/** Names of fields that hold something of a person or of what a clinician wrote. */
const kinds: Readonly<Record<string, CanaryKind>> = {
  email: 'email',
  dateOfBirth: 'date',
  mobileNumber: 'phone',
  ...Object.fromEntries(
    [
      'firstName',
      'lastName',
      'name',
      'description',
      'descriptionHtml',
      'address1',
      'address2',
      'zipcode',
      'city',
      'personalMessage',
      'invitationCode',
      'takeWith',
      'amount',
      'frequency',
      'duration',
      'format',
      'additionalInfo',
      'timeOfDay',
      'instructions',
      'lab',
      'brand',
      'title',
    ].map((name) => [name, 'word' as const]),
  ),
};

/** Names of fields that hold ids, codes, instants, amounts and words out of a fixed list. */
const structural =
  /^(id|.*Ids?|.*At|.*On|code|number|slug|password|type|state|status|kind|category|gender|country|source|availability|unitOfMeasure|collectionMethod|marginType|sku|upc|msrp|price|unitPrice|paymentTotal|prefix|roles)$/;

/**
 * Puts a canary into every field of a record, and of what it holds, that can hold something of a person. Throws for a text field of a name
 * that is not known, so that nothing new is left out.
 */
function plantRecord(canaries: Canaries, record: object, place: string): void {
  const fields = record as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) {
    // A field named by an id is an entry of a map.
    const at = name.length === 36 ? place : `${place}.${name}`;
    const replace = (text: string): string => {
      const kind = kinds[name];
      if (kind !== undefined) return canaries.replace(kind, text, at);
      if (structural.test(name)) return text;
      throw new Error(`is ${at} something of a person?`);
    };
    if (typeof value === 'string') fields[name] = replace(value);
    else if (Array.isArray(value)) {
      fields[name] = value.map((item: unknown) => (typeof item === 'string' ? replace(item) : item));
      for (const item of value) if (typeof item === 'object' && item !== null) plantRecord(canaries, item, at);
    } else if (typeof value === 'object' && value !== null) plantRecord(canaries, value, at);
  }
}

function plantAll(canaries: Canaries, records: Map<string, object>, place: string): void {
  for (const [id, record] of records) {
    const copy = structuredClone(record);
    plantRecord(canaries, copy, place);
    records.set(id, copy);
  }
}

/** Replaces everything of people in a sandbox Fullscript and in a demo EMR; who is one person in both stays one. */
export function plantCanaries(canaries: Canaries, { state }: { state: SandboxState }, store: EmrStore): void {
  const { clinics, users, patients, plans, labPanels, labOrders, brands, products, resources, protocols } = state;
  const ofFullscript = {
    clinics,
    users,
    patients,
    plans,
    labPanels,
    labOrders,
    brands,
    products,
    resources,
    protocols,
  };
  for (const [name, records] of Object.entries(ofFullscript)) plantAll(canaries, records, `fullscript.${name}`);
  const { organizations, users: emrUsers, practitioners, patients: emrPatients, charts, documents } = store;
  const ofEmr = { organizations, users: emrUsers, practitioners, patients: emrPatients, charts, documents };
  for (const [name, records] of Object.entries(ofEmr)) plantAll(canaries, records, `emr.${name}`);
}
