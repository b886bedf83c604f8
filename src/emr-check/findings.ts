/** How one thing about the EMR is: `note` is worth knowing, `skipped` could not be looked at. */
export type Verdict = 'ok' | 'wrong' | 'note' | 'skipped';

/** One line of the result. It holds ids, names of the schema and whether a field is there; never what stands in a patient's field, never a token. */
export interface Finding {
  verdict: Verdict;
  text: string;
}

export const ok = (text: string): Finding => ({ verdict: 'ok', text });
export const wrong = (text: string): Finding => ({ verdict: 'wrong', text });
export const note = (text: string): Finding => ({ verdict: 'note', text });
export const skipped = (text: string): Finding => ({ verdict: 'skipped', text });

/** What somebody else wrote, between quotes and with nothing in it that would move the cursor. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return (text ?? 'nothing').replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
