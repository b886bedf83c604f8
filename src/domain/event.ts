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
