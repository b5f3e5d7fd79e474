import { assertEquals, assertRejects } from "@std/assert";
import { readSettings } from "./settings.ts";

async function withDir(files: Record<string, string>, check: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "danm-settings-" });
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${dir}/${name}`, text);
    await check(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("readSettings reads a mounted ConfigMap; what is empty or missing has its default", async () => {
  const files = { nadSupport: "true\n", timeoutMs: "5000", logLevel: "", defaultConf: "10-a.conf", "..data": "no key" };
  await withDir(files, async (dir) => {
    assertEquals(await readSettings(dir), { nadSupport: true, timeoutMs: 5000, defaultConf: "10-a.conf" });
  });
  assertEquals(await readSettings("/nowhere/at/all"), {});
});

Deno.test("readSettings names the key that is wrong", async (t) => {
  const cases: [string, string][] = [
    ["logLevel", "loud"],
    ["namingScheme", "mine"],
    ["nadSupport", "yes"],
    ["timeoutMs", "30s"],
    ["timeoutMs", "60001"],
    ["defaultConf", "../10-a.conf"],
    ["defaultNetwork", "maybe"],
    ["apiServer", "10.0.0.1"],
    ["logFile", "/var/log/danm.log"],
  ];
  for (const [key, text] of cases) {
    await t.step(`${key}=${text}`, () =>
      withDir({ [key]: text }, async (dir) => {
        await assertRejects(() => readSettings(dir), Error, key);
      }));
  }
});
