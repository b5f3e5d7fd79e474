import { basename, dirname } from "node:path";
import { messageOf } from "../shared/errors.ts";
import type { KubeTarget } from "../shared/kube/kube_target.ts";
import type { Logger } from "../shared/log.ts";
import { removeIfThere } from "./atomic_file.ts";

/** Where a relay listens, and whom it speaks to. */
export interface RelayOptions {
  /** Path of the unix socket. */
  readonly socket: string;
  /** The API server; asked for each connection. */
  readonly target: () => Promise<Pick<KubeTarget, "server" | "caCerts">>;
  readonly log: Logger;
}

const BUFFER_BYTES = 16 * 1024;
/** A node starts far fewer Pods at once; more means that the API server does not answer. */
const MAX_CONNECTIONS = 256;

/**
 * Carries the plugins' connections to the API server and speaks TLS for them, since entropy for a first handshake costs
 * a process 33 ms of CPU. It adds no credentials and understands nothing of what it carries: who connects has to have a
 * token. A plugin that does not find it goes to the API server by itself.
 *
 * @see docs/decisions/0013-relay.md
 */
export class Relay implements Disposable {
  readonly #options: RelayOptions;
  #listener: Deno.Listener | undefined;
  /** Of the socket that is ours; another installer may have put its own there. */
  #inode: number | null = null;
  #connections = 0;
  #said = "";

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Listens, unless it does already; a socket that somebody removed is made again. A failure is only logged. */
  async keep(): Promise<void> {
    const { socket, log } = this.#options;
    try {
      if (this.#listener && this.#inode === inodeOf(socket)) return;
      this.#close();
      this.#listener = await listen(socket);
      this.#inode = inodeOf(socket);
      void this.#accept(this.#listener);
      this.#said = "";
      log.info("the plugins have a relay to the API server", { socket });
    } catch (error) {
      this.#tell(`there is no relay, so every call of a plugin takes a third longer: ${messageOf(error)}`);
    }
  }

  async #accept(listener: Deno.Listener): Promise<void> {
    try {
      for await (const plugin of listener) void this.#serve(plugin);
    } catch (error) {
      if (this.#listener !== listener) return;
      this.#close();
      this.#tell(`the relay takes no more connections: ${messageOf(error)}`);
    }
  }

  async #serve(plugin: Deno.Conn): Promise<void> {
    this.#connections++;
    let server: Deno.TlsConn | undefined;
    let copies: Promise<void>[] = [];
    try {
      if (this.#connections > MAX_CONNECTIONS) throw new Error(`${MAX_CONNECTIONS} connections are open`);
      server = await this.#connect();
      copies = [copy(plugin, server), copy(server, plugin)];
      // When one of both has ended, the other has nobody to talk to.
      await Promise.race(copies);
    } catch (error) {
      // The plugin sees that its connection ends, goes to the API server by itself, and says what it finds there.
      this.#options.log.debug("a connection of the relay ended", { error: messageOf(error) });
    } finally {
      plugin.close();
      server?.close();
      await Promise.allSettled(copies);
      this.#connections--;
    }
  }

  async #connect(): Promise<Deno.TlsConn> {
    const { server, caCerts } = await this.#options.target();
    const { hostname, port } = new URL(server);
    const name = hostname.replace(/^\[|\]$/g, "");
    const plain = await Deno.connect({ hostname: name, port: Number(port || 443) });
    // Requests are small and come one after the other: none is to wait until the one before is acknowledged.
    plain.setNoDelay(true);
    const connection = await Deno.startTls(plain, { hostname: name, caCerts: [...caCerts], alpnProtocols: ["h2"] });
    try {
      const { alpnProtocol } = await connection.handshake();
      if (alpnProtocol !== "h2") throw new Error(`${server} does not speak HTTP/2`);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  #tell(failure: string): void {
    if (failure !== this.#said) this.#options.log.error(failure);
    this.#said = failure;
  }

  #close(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  /** Takes no more connections; those that there are go on. A socket that another relay has put there stays. */
  [Symbol.dispose](): void {
    const { socket } = this.#options;
    if (this.#listener && this.#inode === inodeOf(socket)) Deno.removeSync(socket);
    this.#close();
  }
}

async function copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (let read; (read = await from.read(buffer)) !== null;) {
    for (let written = 0; written < read;) written += await to.write(buffer.subarray(written, read));
  }
}

/**
 * Listens at a path in place of whatever is there. Deno removes the path that a listener was bound to when that is
 * closed, or some time later: only a name of its own cannot be somebody else's by then.
 */
async function listen(socket: string): Promise<Deno.Listener> {
  const dir = dirname(socket);
  await Deno.mkdir(dir, { recursive: true, mode: 0o755 });
  const prefix = `.${basename(socket)}.`;
  for await (const { name } of Deno.readDir(dir)) {
    if (name.startsWith(prefix)) await removeIfThere(`${dir}/${name}`);
  }
  const bound = `${dir}/${prefix}${crypto.randomUUID()}`;
  const listener = Deno.listen({ transport: "unix", path: bound });
  try {
    await Deno.chmod(bound, 0o600);
    await Deno.rename(bound, socket);
    return listener;
  } catch (error) {
    listener.close();
    throw error;
  }
}

function inodeOf(path: string): number | null {
  try {
    return Deno.lstatSync(path).ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
