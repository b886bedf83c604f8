import { IncomingMessage } from 'node:http';

/**
 * A request that offers to go on in another protocol, and is only taken for that when it asks for WebSocket. Once a server knows of any protocol to change to,
 * the platform hands over all such requests; but many programs offer HTTP/2 with every request they send (`upgrade: h2c`, as Java's client does) and are to
 * be answered in HTTP/1.1, as if they had not.
 */
export class PlainRequest extends IncomingMessage {
  /** What the parser found, written by the platform. */
  declare private offersUpgrade: boolean;

  /** Whether the request leaves HTTP. The platform asks once the headers are there. */
  get upgrade(): boolean {
    return this.offersUpgrade && (this.method === 'CONNECT' || this.headers.upgrade?.toLowerCase() === 'websocket');
  }

  set upgrade(offers: boolean) {
    this.offersUpgrade = offers;
  }
}
