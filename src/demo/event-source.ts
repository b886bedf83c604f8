/** A server-sent event; comments are left out. */
export interface ServerSentEvent {
  name: string;
  data: string;
}

/** A stream that shows no sign of life for so long is dead: the subgraph sends a comment every 12 s. */
const silenceMs = 40_000;

/**
 * Reads the events of an answer. Null when it is no event stream. Ends with the answer, and throws when it is torn or has been silent for 40 s, in which case
 * `leave` is called to end it.
 */
export function openEvents(response: Response, leave: () => void): AsyncIterable<ServerSentEvent> | null {
  const type = response.headers.get('content-type') ?? '';
  return response.ok && response.body && type.startsWith('text/event-stream') ? readEvents(response.body, leave) : null;
}

async function* readEvents(
  body: ReadableStream<Uint8Array>,
  leave: () => void,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let timer = setTimeout(leave, silenceMs);
  try {
    for await (const chunk of body) {
      clearTimeout(timer);
      timer = setTimeout(leave, silenceMs);
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split(/\r?\n\r?\n/);
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = readEvent(block);
        if (event) yield event;
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Null for a comment. */
function readEvent(block: string): ServerSentEvent | null {
  const lines = block.split(/\r?\n/);
  const read = (field: string): string[] =>
    lines.filter((line) => line.startsWith(`${field}:`)).map((line) => line.slice(field.length + 1).replace(/^ /, ''));
  const [name] = read('event');
  return name === undefined ? null : { name, data: read('data').join('\n') };
}
