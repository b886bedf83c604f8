const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A calendar date 'yyyy-mm-dd' as '2 Mar 2026', without any time zone; '–' for null. */
export function toDateWords(date: string | null | undefined): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date ?? '');
  if (!match) return date ?? '–';
  return `${Number(match[3])} ${MONTHS[Number(match[2]) - 1] ?? match[2]} ${match[1]}`;
}

/** An ISO instant as the date it has at the reader's place, '2 Mar 2026'; '–' for null. */
export function toDayWords(instant: string | null | undefined): string {
  if (!instant) return '–';
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return instant;
  return `${at.getDate()} ${MONTHS[at.getMonth()]} ${at.getFullYear()}`;
}

/** An ISO instant as date and time at the reader's place, '2 Mar 2026, 14:05'; '–' for null. */
export function toTimeWords(instant: string | null | undefined): string {
  if (!instant) return '–';
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return instant;
  const two = (value: number) => String(value).padStart(2, '0');
  return `${toDayWords(instant)}, ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** A message as a sentence of its own, so that another may follow. */
export function toSentence(message: string): string {
  const text = message.trim();
  return /[.!?…:]$/.test(text) ? text : `${text}.`;
}

/** First and last name as one, or `fallback` when neither is known. */
export function toFullName(
  person: { firstName?: string | null; lastName?: string | null } | null | undefined,
  fallback: string,
): string {
  return [person?.firstName, person?.lastName].filter(Boolean).join(' ') || fallback;
}

/** A constant such as RESULTS_READY as 'Results ready'. */
export function toPhrase(constant: string): string {
  const words = constant.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The kind of a chart note as the EMR's people say it. */
export function toChartKind(kind: string): string {
  return kind === 'FOLLOW_UP' ? 'Follow-up' : toPhrase(kind);
}

/** '1 plan', '3 plans': the count with its noun; `plural` defaults to the noun and an s. */
export function toCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** 'a', 'a and b', 'a, b and c'; nothing for none. */
export function toList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}

const SCOPES: Record<string, string> = {
  'catalog:read': 'see products',
  'clinic:read': 'see the clinic and its practitioners',
  'clinic:write': 'prepare treatment plans',
  'patients:read': 'see patients',
  'patients:write': 'create and change patients',
  'patients:treatment_plan_history': 'see treatment plans made in Fullscript',
  'patients:order_history': 'see orders and lab orders',
  'labs:treatment_plans:create': 'recommend labs',
};

/** Fullscript's scopes as what they allow, 'see products, see patients'; an unknown one stays as it is. */
export function toScopeWords(scopes: readonly string[]): string {
  return scopes.map((scope) => SCOPES[scope] ?? scope).join(', ');
}

/** Whether a person typed these words, whatever the case and the blanks around and between them. */
export function isSameWords(typed: string, words: string): boolean {
  const plain = (text: string) => text.trim().replace(/\s+/g, ' ').toLowerCase();
  return plain(typed) === plain(words);
}

/** A field name such as dateOfBirth as people say it. */
export function toFieldWords(field: string): string {
  const known: Record<string, string> = {
    email: 'E-mail',
    firstName: 'First name',
    lastName: 'Last name',
    dateOfBirth: 'Birth date',
    metadata: 'Our id kept at Fullscript',
  };
  return known[field] ?? field;
}

/** How many there are of each stage, the most advanced first; stages that do not occur are left out. */
export function toStageCounts(stages: readonly LabStage[]): { stage: LabStage; count: number }[] {
  const order: LabStage[] = ['RESULTS_READY', 'PURCHASED', 'NOT_PURCHASED', 'UNKNOWN'];
  return order
    .map((stage) => ({ stage, count: stages.filter((other) => other === stage).length }))
    .filter(({ count }) => count > 0);
}

/** The three stages of a lab test, and that none can be told just now. */
export type LabStage = 'NOT_PURCHASED' | 'PURCHASED' | 'RESULTS_READY' | 'UNKNOWN';

/** Where a user or a patient stands with Fullscript. */
export type ConnectionStatus =
  'NOT_CONNECTED' | 'CONNECTED' | 'RECONNECT_REQUIRED' | 'DISABLED' | 'MATCH_REQUIRED' | 'UNKNOWN';
