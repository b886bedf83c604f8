/** Something that happened at Fullscript, by webhook or from the list of events. The payload is a hint; the object is the truth. */
export interface FullscriptEvent {
  id: string;
  type: string;
  /** Null for catalogue events. */
  clinicId: string | null;
  createdAt: string | null;
  /** The object the event is about, unwrapped; empty when the list of events left it out. */
  data: Readonly<Record<string, unknown>>;
}

const hints = ['id', 'patient_id', 'practitioner_id'] as const;

/** What of an event's object is worth keeping until it is applied: whose it is. The rest is read from Fullscript then, and may be health data. */
export function toEventHint(data: FullscriptEvent['data']): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of hints) {
    const id = readId(data[name]);
    if (id !== null) kept[name] = id;
  }
  const patientId = readId((data['patient'] as { id?: unknown } | null | undefined)?.id);
  if (patientId !== null) kept['patient_id'] ??= patientId;
  return kept;
}

function readId(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null;
}
