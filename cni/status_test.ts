import { assertEquals, assertMatch } from "@std/assert";
import { CniError } from "../shared/errors.ts";
import { createLogger } from "../shared/log.ts";
import { status, type StatusRequest } from "./status.ts";

const KUBECONFIG = JSON.stringify({
  "current-context": "c",
  contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
  clusters: [{ name: "k", cluster: { server: "https://127.0.0.1:1" } }],
  users: [{ name: "u", user: { token: "t" } }],
});

/** A node on which an ADD could work. */
class StatusWorld implements Disposable {
  readonly dir = Deno.makeTempDirSync();
  readonly lines: string[] = [];

  constructor() {
    for (const name of ["ip", "nsenter", "sysctl", "fakeipam"]) this.write(name, "");
    this.write("kubeconfig", KUBECONFIG);
  }

  write(name: string, text: string, ageSeconds = 0): void {
    Deno.writeTextFileSync(`${this.dir}/${name}`, text);
    const at = new Date(Date.now() - ageSeconds * 1000);
    Deno.utimeSync(`${this.dir}/${name}`, at, at);
  }

  remove(name: string): void {
    Deno.removeSync(`${this.dir}/${name}`);
  }

  /** @returns code and message; undefined when STATUS has nothing against it */
  async status(changes: Partial<StatusRequest> = {}): Promise<[number, string] | undefined> {
    const { dir } = this;
    const log = createLogger((line) => this.lines.push(line.replaceAll(dir, "D")));
    const paths = { kubeconfig: `${dir}/kubeconfig`, nodeReport: `${dir}/report` };
    const request = { path: [dir], searchPath: [dir], ...paths, log };
    try {
      await status({ ...request, ...changes });
      return undefined;
    } catch (error) {
      if (!(error instanceof CniError)) throw error;
      return [error.code, error.message.replaceAll(dir, "D")];
    }
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.dir, { recursive: true });
  }
}

Deno.test("a node with commands, kubeconfig and fakeipam is in order; a caller need not say CNI_PATH", async () => {
  using world = new StatusWorld();
  assertEquals([await world.status(), await world.status({ path: [] })], [undefined, undefined]);
});

Deno.test("all that is missing is one answer", async () => {
  using world = new StatusWorld();
  for (const name of ["ip", "sysctl", "fakeipam"]) world.remove(name);
  assertEquals(await world.status(), [
    50,
    "command ip is in none of D; command sysctl is in none of D; STATUS: no executable fakeipam in CNI_PATH D",
  ]);
  const [code, message] = await world.status({ kubeconfig: "/none", searchPath: [], path: [] }) ?? [];
  assertEquals([code, message?.split("; ").length], [50, 4]);
});

Deno.test("a node agent that is cut off counts while its report is young", async (t) => {
  const report = (apiServerReachable: boolean): string => JSON.stringify({ apiServerReachable, since: "12:00" });
  const cases: { name: string; text: string; ageSeconds: number; code: number | undefined }[] = [
    { name: "cut off", text: report(false), ageSeconds: 60, code: 51 },
    { name: "cut off long ago", text: report(false), ageSeconds: 130, code: undefined },
    { name: "connected", text: report(true), ageSeconds: 0, code: undefined },
    { name: "another form long ago", text: "{", ageSeconds: 130, code: undefined },
  ];
  for (const { name, text, ageSeconds, code } of cases) {
    await t.step(name, async () => {
      using world = new StatusWorld();
      world.write("report", text, ageSeconds);
      assertEquals([(await world.status())?.[0], world.lines], [code, []]);
    });
  }
  for (const text of ["{", '{"since":1}', "[]", ""]) {
    await t.step(`what is no report does not count, and is logged: ${JSON.stringify(text)}`, async () => {
      using world = new StatusWorld();
      world.write("report", text);
      assertEquals(await world.status(), undefined);
      assertEquals(world.lines.length, 1);
      assertMatch(world.lines.join(), /"level":"warn".* report of the node agent is damaged.*"path":"D\/report"/);
    });
  }
  await t.step("what is missing on the node comes first", async () => {
    using world = new StatusWorld();
    world.write("report", report(false));
    world.remove("ip");
    assertEquals((await world.status())?.[0], 50);
  });
});
