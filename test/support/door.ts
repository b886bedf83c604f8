import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a database server that can be shut, or through which nothing comes any more. */
export interface Door {
  /** The server's address, through the door. */
  url: string;
  /** Breaks every connection off and lets no new one in. */
  close(): void;
  /** Leaves every connection open, new ones too, but passes nothing on: whoever asks waits. */
  freeze(): void;
  /** Passes on again. */
  thaw(): void;
}

/** Opens a door to the database server at `url`. */
export async function openDoor(url: URL): Promise<Door> {
  const sockets = new Set<Socket>();
  let frozen = false;
  const server = createServer((socket) => {
    const onward = connect(Number(url.port || 3306), url.hostname);
    for (const end of [socket, onward]) {
      sockets.add(end);
      end.on('error', () => undefined);
    }
    socket.pipe(onward).pipe(socket);
    if (frozen) for (const end of [socket, onward]) end.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.toString(),
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
    freeze() {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw() {
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
  };
}
