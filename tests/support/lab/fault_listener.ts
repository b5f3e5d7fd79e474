import net from "node:net";

/** How the network between callers and proxy is broken. */
export type Partition = "none" | "silent" | "refuse";

/** Accepts a proxy's connections, as long as the network that it plays is whole. */
export class Listener {
  readonly #hostname: string;
  readonly #onSocket: (socket: net.Socket) => void;
  /** Open connections by the caller's port. */
  readonly #sockets = new Map<number, { readonly socket: net.Socket; readonly number: number }>();
  #server: net.Server | undefined;
  #partition: Partition = "none";
  #connections = 0;
  #toRefuse = 0;
  #port = 0;

  constructor(hostname: string, onSocket: (socket: net.Socket) => void) {
    this.#hostname = hostname;
    this.#onSocket = onSocket;
  }

  /** Whether nothing is to be answered. */
  get isSilent(): boolean {
    return this.#partition === "silent";
  }

  /** Begins to accept connections: the first time on a free port, later on the same. Gives the port. */
  async listen(): Promise<number> {
    const server = net.createServer((socket: net.Socket) => this.#accept(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, this.#hostname, resolve);
    });
    this.#port = (server.address() as net.AddressInfo).port;
    return this.#port;
  }

  /** Which connection it is, counted from 1; 0 when it is closed. */
  numberOf(callerPort: number): number {
    return this.#sockets.get(callerPort)?.number ?? 0;
  }

  /** Closes a connection without a word. */
  reset(callerPort: number): void {
    this.#sockets.get(callerPort)?.socket.destroy();
  }

  /** Resets so many of the next connections as soon as they are accepted. */
  refuseNext(count: number): void {
    this.#toRefuse = Math.max(this.#toRefuse, count);
  }

  /**
   * Breaks the network or mends it. "silent": what arrives is never answered nor passed on, connections stay open
   * and new ones are accepted. "refuse": connections are closed and new ones refused. Mending closes those that
   * were left without an answer.
   */
  async setPartition(partition: Partition): Promise<void> {
    const wasSilent = this.isSilent;
    this.#partition = partition;
    if (partition === "refuse" || (wasSilent && partition === "none")) {
      for (const { socket } of this.#sockets.values()) socket.destroy();
    }
    if (partition === "refuse") await this.#close();
    else if (this.#server === undefined) await this.listen();
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #accept(socket: net.Socket): void {
    if (this.#toRefuse > 0) {
      this.#toRefuse--;
      socket.on("error", () => {});
      socket.destroy();
      return;
    }
    const port = socket.remotePort ?? 0;
    this.#sockets.set(port, { socket, number: ++this.#connections });
    socket.on("close", () => this.#sockets.delete(port));
    // Resets by callers are what this proxy is for.
    socket.on("error", () => {});
    // Accepted by the kernel, and then nothing: not even the TLS handshake is answered.
    if (!this.isSilent) this.#onSocket(socket);
  }
}
