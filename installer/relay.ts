import { delay } from "../shared/delay.ts";
import { messageOf } from "../shared/errors.ts";
import type { KubeTarget } from "../shared/kube/kube_target.ts";
import type { Logger } from "../shared/log.ts";
import { removeIfThere } from "./atomic_file.ts";
import { inodeOf, listenAt } from "./relay_socket.ts";

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
/** How long an API server may take to be connected to, in milliseconds. The plugin goes by itself much sooner. */
const CONNECT_MS = 5_000;
/** How long connections may take to end when the relay does, in milliseconds. */
const END_MS = 10_000;

/**
 * Carries the plugins' connections to the API server and speaks TLS for them, since entropy for a first handshake costs
 * a process 33 ms of CPU. It adds no credentials and understands nothing of what it carries: who connects has to have a
 * token. A plugin that does not find it goes to the API server by itself.
 *
 * @see docs/decisions/0013-relay.md
 */
export class Relay implements AsyncDisposable {
  readonly #options: RelayOptions;
  readonly #connections = new Set<Promise<void>>();
  #listener: Deno.Listener | undefined;
  /** Of the socket that is ours; another installer may have put its own there. */
  #inode: number | null = null;
  #said = "";

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Listens, unless it does already; a socket that somebody removed is made again. A failure is only logged. */
  async keep(): Promise<void> {
    const { socket, log } = this.#options;
    try {
      if (this.#listener && this.#inode === await inodeOf(socket)) return;
      this.#close();
      this.#listener = await listenAt(socket);
      this.#inode = await inodeOf(socket);
      void this.#accept(this.#listener);
      this.#said = "";
      log.info("the plugins have a relay to the API server", { socket });
    } catch (error) {
      this.#tell(`there is no relay, so every call of a plugin takes a third more CPU: ${messageOf(error)}`);
    }
  }

  async #accept(listener: Deno.Listener): Promise<void> {
    try {
      for await (const plugin of listener) this.#take(plugin);
    } catch (error) {
      if (this.#listener !== listener) return;
      this.#close();
      this.#tell(`the relay takes no more connections: ${messageOf(error)}`);
    }
  }

  #take(plugin: Deno.Conn): void {
    if (this.#connections.size >= MAX_CONNECTIONS) {
      plugin.close();
      return this.#tell(
        `the relay has ${MAX_CONNECTIONS} connections and takes no more: the API server may not answer`,
      );
    }
    const serving = this.#serve(plugin).finally(() => this.#connections.delete(serving));
    this.#connections.add(serving);
  }

  async #serve(plugin: Deno.Conn): Promise<void> {
    let server: Deno.TlsConn | undefined;
    let copies: Promise<void>[] = [];
    try {
      server = await connect(await this.#options.target());
      copies = [copy(plugin, server), copy(server, plugin)];
      // When one of both has ended, the other has nobody to talk to.
      await Promise.race(copies);
      this.#said = "";
    } catch (error) {
      // The plugin sees that its connection ends, goes to the API server by itself, and says what it finds there.
      this.#options.log.debug("a connection of the relay ended", { error: messageOf(error) });
    } finally {
      plugin.close();
      server?.close();
      await Promise.allSettled(copies);
    }
  }

  /** Says what changed, and only that. */
  #tell(failure: string): void {
    if (failure !== this.#said) this.#options.log.error(failure);
    this.#said = failure;
  }

  #close(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  /** Takes no more connections and waits for those that there are. A socket that another relay has put there stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { socket, log } = this.#options;
    try {
      if (this.#listener && this.#inode === await inodeOf(socket)) await removeIfThere(socket);
    } catch (error) {
      log.warn("the relay's socket stays", { socket, error: messageOf(error) });
    }
    this.#close();
    const ended = new AbortController();
    const late = delay(END_MS, ended.signal).catch(() => {});
    await Promise.race([Promise.all(this.#connections), late]);
    ended.abort();
  }
}

/** @throws {Error} when there is no HTTP/2 over TLS in time */
async function connect({ server, caCerts }: Pick<KubeTarget, "server" | "caCerts">): Promise<Deno.TlsConn> {
  const { hostname, port } = new URL(server);
  const name = hostname.replace(/^\[|\]$/g, "");
  const signal = AbortSignal.timeout(CONNECT_MS);
  const plain = await Deno.connect({ hostname: name, port: Number(port || 443), signal });
  // Requests are small and come one after the other: none is to wait until the one before is acknowledged.
  plain.setNoDelay(true);
  const connection = await Deno.startTls(plain, { hostname: name, caCerts: [...caCerts], alpnProtocols: ["h2"] });
  const stop = (): void => connection.close();
  signal.addEventListener("abort", stop);
  try {
    const { alpnProtocol } = await connection.handshake();
    if (alpnProtocol !== "h2") throw new Error(`${server} does not speak HTTP/2`);
    return connection;
  } catch (error) {
    if (!signal.aborted) connection.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (let read; (read = await from.read(buffer)) !== null;) {
    for (let written = 0; written < read;) written += await to.write(buffer.subarray(written, read));
  }
}
