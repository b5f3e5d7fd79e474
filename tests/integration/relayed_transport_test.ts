import { assertEquals, assertRejects } from "@std/assert";
import type { Outgoing } from "../../shared/kube/transport.ts";
import { RelayedTransport } from "../../shared/kube/relayed_transport.ts";

/** An API server in plain HTTP, and the path of a relay before it. */
class Place implements AsyncDisposable {
  /** Requests that came straight, then those that came through the relay, each as "METHOD /path". */
  readonly straight: string[] = [];
  readonly relayed: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #dir = Deno.makeTempDirSync({ prefix: "relay-" });
  readonly relay = `${this.#dir}/relay.sock`;

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      this.straight.push(said(request));
      return new Response("straight");
    });
  }

  transport(): RelayedTransport {
    const server = `http://127.0.0.1:${this.#server.addr.port}`;
    return new RelayedTransport({ source: "t", server, caCerts: [], relay: this.relay });
  }

  /** A relay that answers itself, or as `answer` says. */
  serveRelay(
    answer: (request: Request) => Response | Promise<Response> = () => new Response("relayed"),
  ): AsyncDisposable {
    return Deno.serve({ path: this.relay, onListen: () => {} }, (request) => {
      this.relayed.push(said(request));
      return answer(request);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await Deno.remove(this.#dir, { recursive: true });
  }
}

function said({ method, url }: Request): string {
  return `${method} ${new URL(url).pathname}`;
}

function request(method: string, signal?: AbortSignal): () => Outgoing {
  return () => ({ method, headers: { authorization: "Bearer t" }, signal, ...(method === "POST" && { body: "{}" }) });
}

Deno.test("requests go through the relay, under the server's name and with the token", async () => {
  await using place = new Place();
  const seen: string[] = [];
  await using _relay = place.serveRelay(({ url, headers }) => {
    seen.push(`${new URL(url).hostname} ${headers.get("authorization")}`);
    return new Response("relayed", { status: 201 });
  });
  using transport = place.transport();
  const answers = await Promise.all(["GET", "POST", "GET"].map((method) => transport.send("/a", request(method))));
  assertEquals(answers.map(({ status, body }) => `${status} ${body}`), Array(3).fill("201 relayed"));
  assertEquals([new Set(seen), place.straight], [new Set(["127.0.0.1 Bearer t"]), []]);
});

Deno.test("without a relay, requests of any kind go straight, also when many begin at once", async () => {
  await using place = new Place();
  using transport = place.transport();
  const methods = ["POST", "GET", "POST", "DELETE"];
  await Promise.all(methods.map((method) => transport.send("/a", request(method))));
  assertEquals(place.straight.toSorted(), methods.map((method) => `${method} /a`).toSorted());
});

Deno.test("a relay that was killed leaves a socket that nobody listens at: requests go straight", async () => {
  await using place = new Place();
  const code = `const l = Deno.listen({ transport: "unix", path: ${
    JSON.stringify(place.relay)
  } }); Deno.exit(l ? 0 : 1);`;
  await new Deno.Command(Deno.execPath(), { args: ["eval", "--quiet", code] }).output();
  assertEquals((await Deno.lstat(place.relay)).isSocket, true);
  using transport = place.transport();
  assertEquals((await transport.send("/a", request("POST"))).body, "straight");
});

for (const first of ["GET", "POST"]) {
  Deno.test(`a relay that does not get to the server closes the connection: a ${first} goes straight, and all after it`, () =>
    closes(first));
}

async function closes(first: string): Promise<void> {
  await using place = new Place();
  const listener = Deno.listen({ transport: "unix", path: place.relay });
  let taken = 0;
  const closing = (async () => {
    for await (const connection of listener) {
      taken++;
      connection.close();
    }
  })();
  using transport = place.transport();
  await transport.send("/a", request(first));
  await transport.send("/b", request("POST"));
  assertEquals([place.straight, taken], [[`${first} /a`, "POST /b"], 1]);
  listener.close();
  await closing;
}

Deno.test("a relay that hangs costs a GET some patience, then it goes straight", async () => {
  await using place = new Place();
  using listener = Deno.listen({ transport: "unix", path: place.relay });
  const hanging = listener.accept();
  using transport = place.transport();
  assertEquals((await transport.send("/a", request("GET"))).body, "straight");
  (await hanging).close();
});

Deno.test("a write that is first finds out whether the relay does before it is sent", async () => {
  await using place = new Place();
  await using _relay = place.serveRelay();
  using transport = place.transport();
  await Promise.all(["/a", "/b"].map((path) => transport.send(path, request("POST"))));
  await transport.send("/c", request("POST"));
  assertEquals(place.relayed[0], "GET /version");
  assertEquals(place.relayed.slice(1).toSorted(), ["POST /a", "POST /b", "POST /c"]);
});

Deno.test("a write that waits for a proof that another request gives is sent once, or straight", async () => {
  for (const isGood of [true, false]) {
    await using place = new Place();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    await using _relay = place.serveRelay(async ({ method }) => {
      if (method === "GET") await held;
      return new Response("relayed");
    });
    using transport = place.transport();
    const sent = ["GET", "POST", "POST"].map((method) => transport.send("/a", request(method)));
    // Without an answer the relay's time runs out.
    if (isGood) release();
    const bodies = (await Promise.all(sent)).map(({ body }) => body);
    release();
    assertEquals(bodies, Array(3).fill(isGood ? "relayed" : "straight"));
    assertEquals(place.relayed, isGood ? ["GET /a", "POST /a", "POST /a"] : ["GET /a"]);
  }
});

Deno.test("what a relay broke down on is sent a second time only where that can do nothing", async () => {
  await using place = new Place();
  using transport = place.transport();
  {
    await using _relay = place.serveRelay();
    await transport.send("/proof", request("GET"));
  }
  const listener = Deno.listen({ transport: "unix", path: place.relay });
  const broken = (async () => {
    const connection = await listener.accept();
    await connection.read(new Uint8Array(1));
    connection.close();
  })();
  await assertRejects(() => transport.send("/a", request("POST")));
  await broken;
  listener.close();
  assertEquals([place.relayed, place.straight], [["GET /proof"], []]);
  // A relay that is there again is not trusted any more.
  await using _relay = place.serveRelay();
  assertEquals((await transport.send("/b", request("POST"))).body, "straight");
});

Deno.test("a caller who has no more time is told so, by the relay's connection too", async () => {
  await using place = new Place();
  using listener = Deno.listen({ transport: "unix", path: place.relay });
  const hanging = listener.accept();
  using transport = place.transport();
  await assertRejects(
    () => transport.send("/a", request("GET", AbortSignal.timeout(20))),
    DOMException,
    "due to timeout",
  );
  assertEquals(place.straight, []);
  (await hanging).close();
});
