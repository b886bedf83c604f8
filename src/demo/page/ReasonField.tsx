/** What the server takes at most, in characters. */
const MAX_LENGTH = 500;

/** Asks why, in a few words for the record. */
export function ReasonField(props: { value: string; testId: string; onChange: (reason: string) => void }) {
  return (
    <label className="reason">
      <span>Reason, for the record (optional)</span>
      <input
        value={props.value}
        maxLength={MAX_LENGTH}
        autoComplete="off"
        data-testid={props.testId}
        onChange={(event) => props.onChange(event.target.value)}
      />
    </label>
  );
}
