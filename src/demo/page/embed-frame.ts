/** What Fullscript's script for embedding is given. */
export interface EmbedSession {
  secretToken: string;
  publicKey: string;
  patient: {
    id: string | null;
    firstName: string | null;
    lastName: string | null;
    email: string | null;
    dateOfBirth: string | null;
  } | null;
}

/** Something that happened in the frame. */
interface EmbedEvent {
  type: string;
}

/**
 * The address of a frame with Fullscript's plan tool. Does what Fullscript's own script does: hands over the patient first,
 * then opens the frame with the grant, which works once. `fullscriptUrl` is the origin of Fullscript's pages. Throws when
 * Fullscript does not take the patient.
 */
export async function openFrame(
  fullscriptUrl: string,
  session: EmbedSession,
  options: { entrypoint: 'CATALOG' | 'LABS'; frameId: string; origin: string; fetch?: typeof fetch },
): Promise<string> {
  const { patient } = session;
  const known = {
    id: patient?.id,
    first_name: patient?.firstName,
    last_name: patient?.lastName,
    email: patient?.email,
    date_of_birth: patient?.dateOfBirth,
  };
  const response = await (options.fetch ?? fetch)(`${fullscriptUrl}/api/embeddable/tokenize`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ data: Object.fromEntries(Object.entries(known).filter(([, value]) => value)) }),
  });
  const { data_token: dataToken } = (await response.json()) as { data_token?: string };
  if (!response.ok || !dataToken) throw new Error(`Fullscript answered with HTTP status ${response.status}.`);
  const query = new URLSearchParams({
    data_token: dataToken,
    secret_token: session.secretToken,
    entrypoint: options.entrypoint.toLowerCase(),
    public_key: session.publicKey,
    frame_id: options.frameId,
    target_origin: options.origin,
  });
  return `${fullscriptUrl}/api/embeddable/session/embed/entry?${query.toString()}`;
}

/** Reads a message to this page; null unless it comes from Fullscript's origin and is about this frame. */
export function readFrameEvent(
  message: { origin: string; data: unknown },
  fullscriptUrl: string,
  frameId: string,
): EmbedEvent | null {
  if (message.origin !== new URL(fullscriptUrl).origin) return null;
  const { type } = (message.data ?? {}) as { type?: unknown };
  if (typeof type !== 'string' || !type.startsWith(`${frameId}.`)) return null;
  return { type: type.slice(frameId.length + 1) };
}
