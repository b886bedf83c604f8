import type { PatientDocument } from './patient-record.ts';
import { toDayWords, toPhrase } from './words.ts';

/** The EMR's documents of the patient; Fullscript lab results arrive among them. */
export function DocumentsCard(props: { documents: PatientDocument[] | null }) {
  return (
    <>
      <div className="section-head">
        <h2>Documents</h2>
      </div>
      <div className="card" data-testid="documents">
        {!props.documents || props.documents.length === 0 ? (
          <p className="muted">No documents.</p>
        ) : (
          <ul className="plain-list">
            {props.documents.map((document) => (
              <li key={document.id}>
                <strong>{document.title}</strong>{' '}
                <small className="muted">
                  {toPhrase(document.kind)}, {toDayWords(document.occurredAt)}
                </small>
              </li>
            ))}
          </ul>
        )}
      </div>
    </>
  );
}
