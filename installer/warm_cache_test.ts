import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createRun } from "../shared/host/run.ts";
import { isWarm, warmCache } from "./warm_cache.ts";

/** A folder of launchers, without these, whose one plugin has many functions in its verbs, none of them ever called. */
class PluginFolder implements Disposable {
  readonly dir = Deno.makeTempDirSync({ prefix: "danm warm#cache " });

  constructor() {
    Deno.mkdirSync(join(this.dir, "lib/plugin"), { recursive: true });
    Deno.writeTextFileSync(join(this.dir, "lib/plugin/main.js"), `throw new Error("main.js is not to be run");`);
    Deno.writeTextFileSync(this.verbs, functions(1500));
  }

  get verbs(): string {
    return join(this.dir, "lib/plugin/verbs-ABC123.js");
  }

  get database(): string {
    return join(this.dir, "cache/v8_code_cache_v2");
  }

  isWarm(): boolean {
    return isWarm(this.dir, ["plugin"]);
  }

  warm(): Promise<void> {
    return warmCache(this.dir, ["plugin"], {
      runtime: Deno.execPath(),
      run: createRun(),
      signal: AbortSignal.timeout(60_000),
    });
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.dir, { recursive: true });
  }
}

function functions(count: number): string {
  const each = Array.from({ length: count }, (_, index) => `function(a,b){return a*${index}+b.c[a]}`);
  return `export const functions=[${each.join(",\n")}];\n`;
}

Deno.test("the verbs are compiled, functions that nobody calls included", async () => {
  using folder = new PluginFolder();
  assertEquals(folder.isWarm(), false);
  await folder.warm();
  assertEquals(folder.isWarm(), true);
  using database = new DatabaseSync(folder.database);
  const rows = database.prepare("SELECT length(data) AS size FROM codecache WHERE specifier LIKE '%/verbs-ABC123.js'")
    .all();
  assertEquals(rows.length, 1);
  // Compiled when they are called, it is little more than twice the source.
  const source = Deno.statSync(folder.verbs).size;
  assert(Number(rows[0]?.["size"]) > 4 * source, `${rows[0]?.["size"]} bytes of ${source}`);
});

Deno.test("a cache that was lost, or has a long log before it, is made again", async () => {
  using folder = new PluginFolder();
  await folder.warm();
  Deno.removeSync(folder.database);
  assertEquals(folder.isWarm(), false);
  await folder.warm();
  assertEquals(folder.isWarm(), true);
  fillLog(folder.database);
  assertEquals(folder.isWarm(), false);
  await folder.warm();
  assertEquals(folder.isWarm(), true);
});

/** As a process does that ends without closing it. */
function fillLog(database: string): void {
  const program = `import { DatabaseSync } from "node:sqlite";
const database = new DatabaseSync(Deno.args[0]);
database.exec("CREATE TABLE filler (data BLOB); INSERT INTO filler VALUES (zeroblob(400000))");
Deno.kill(Deno.pid, "SIGKILL");`;
  const script = Deno.makeTempFileSync({ suffix: ".js" });
  try {
    Deno.writeTextFileSync(script, program);
    new Deno.Command(Deno.execPath(), { args: ["run", "--quiet", "--no-config", "-A", script, database] }).outputSync();
  } finally {
    Deno.removeSync(script);
  }
}

Deno.test("a cache that somebody reads, or that cannot be written, is an error", async () => {
  using folder = new PluginFolder();
  await folder.warm();
  {
    using reader = new DatabaseSync(folder.database);
    reader.exec("BEGIN; SELECT count(*) FROM codecache");
    Deno.writeTextFileSync(folder.verbs, functions(1600));
    await assertRejects(() => folder.warm(), Error, "is in use");
  }
  await folder.warm();
  Deno.removeSync(join(folder.dir, "cache"), { recursive: true });
  Deno.writeTextFileSync(join(folder.dir, "cache"), "no folder");
  await assertRejects(() => folder.warm(), Error);
  assertEquals(folder.isWarm(), false);
});
