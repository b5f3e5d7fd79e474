import { assertEquals } from "@std/assert";
import { describeVersion, type InstalledFile, pinnedLaunchers, planInstall, type Source } from "./plan_install.ts";

const SOURCE: Source = {
  files: [{ path: "deno", digest: "d" }, { path: "lib/danm/main.js", digest: "m" }],
  launchers: [{ name: "danm", text: "#!/bin/sh\nroot=?\nexec" }],
};
const TARGET = { versionDir: "/v/1", pluginDir: "/bin" };
const LAUNCHERS = new Map([["/bin/danm", "l"]]);

Deno.test("planInstall copies what is missing or other, then analyses, then turns to the new version", async (t) => {
  const file = (digest: string, mode = 0o755): InstalledFile => ({ digest, mode });
  const all = { "/v/1/deno": file("d"), "/v/1/lib/danm/main.js": file("m"), "/bin/danm": file("l") };
  const cases: { name: string; installed: Record<string, InstalledFile>; warm: boolean; steps: string[] }[] = [
    {
      name: "nothing is there",
      installed: {},
      warm: false,
      steps: ["copy /v/1/deno", "copy /v/1/lib/danm/main.js", "warm /v/1", "write /bin/danm"],
    },
    { name: "everything is there", installed: all, warm: true, steps: [] },
    { name: "its caches are not there", installed: all, warm: false, steps: ["warm /v/1"] },
    {
      name: "a file is damaged",
      installed: { ...all, "/v/1/deno": file("x") },
      warm: true,
      steps: ["copy /v/1/deno", "warm /v/1"],
    },
    {
      name: "a file may not be executed",
      installed: { ...all, "/v/1/deno": file("d", 0o644) },
      warm: true,
      steps: ["copy /v/1/deno", "warm /v/1"],
    },
    {
      name: "the launcher is of another version",
      installed: { ...all, "/bin/danm": file("older") },
      warm: true,
      steps: ["write /bin/danm"],
    },
  ];
  for (const { name, installed, warm, steps } of cases) {
    await t.step(name, () => {
      const there = new Map(Object.entries(installed));
      const plan = planInstall({ ...TARGET, source: SOURCE, installed: there, launcherDigests: LAUNCHERS, warm });
      assertEquals(plan.map((step) => `${step.kind} ${step.kind === "warm" ? step.dir : step.to}`), steps);
    });
  }
});

Deno.test("pinnedLaunchers leads launchers to the version", () => {
  assertEquals(pinnedLaunchers(SOURCE, TARGET), [{ path: "/bin/danm", text: "#!/bin/sh\nroot='/v/1'\nexec" }]);
});

Deno.test("describeVersion tells versions apart by what they are made of, in whatever order it is read", () => {
  const [deno, main] = SOURCE.files;
  const reversed = { ...SOURCE, files: [main!, deno!] };
  assertEquals(describeVersion(reversed), describeVersion(SOURCE));
  const others: Source[] = [
    { ...SOURCE, files: [deno!, { ...main!, digest: "n" }] },
    { ...SOURCE, files: [deno!] },
    { ...SOURCE, launchers: [{ name: "danm", text: "#!/bin/sh\nroot=?\nexec --allow-all" }] },
  ];
  for (const other of others) assertEquals(describeVersion(other) === describeVersion(SOURCE), false);
});
