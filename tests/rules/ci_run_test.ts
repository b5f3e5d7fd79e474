import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { ROOT } from "../../tasks/support/root.ts";
import { run } from "../support/run.ts";

/** An `npx` that ends each of the steps of .ci/run as the variables say. */
const NPX = `#!/bin/sh
[ "$CI" = true ] || exit 9
case "$*" in
  "-y deno@"*" install --frozen") exit $INSTALL ;;
  "-y deno@"*" task check") exit $CHECK ;;
  "-y deno@"*" task test") printf "$TEST_OUTPUT"; exit $TEST ;;
esac
exit 9
`;

Deno.test(".ci/run fails when any step fails, and says so in its last line", async (t) => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(dir, ".ci"));
    await Deno.copyFile(join(ROOT, ".ci/run"), join(dir, ".ci/run"));
    await Deno.writeTextFile(join(dir, "npx"), NPX, { mode: 0o755 });
    const good = { INSTALL: "0", CHECK: "0", TEST: "0", TEST_OUTPUT: "some test\\n12 passed, 0 failed\\n" };
    const cases: { name: string; env: Partial<typeof good>; code: number; last: string }[] = [
      { name: "everything passes", env: {}, code: 0, last: "12 passed, 0 failed" },
      { name: "the lock file is out of date", env: { INSTALL: "1" }, code: 1, last: "12 passed, 1 failed" },
      { name: "the check fails", env: { CHECK: "1" }, code: 1, last: "12 passed, 1 failed" },
      {
        name: "a test fails",
        env: { TEST: "1", TEST_OUTPUT: "11 passed, 1 failed\\n" },
        code: 1,
        last: "11 passed, 1 failed",
      },
      { name: "the tests fail but count none", env: { TEST: "1" }, code: 1, last: "12 passed, 1 failed" },
      { name: "the tests break", env: { TEST: "1", TEST_OUTPUT: "panic\\n" }, code: 1, last: "0 passed, 1 failed" },
      { name: "the tests end without a total", env: { TEST_OUTPUT: "" }, code: 1, last: "0 passed, 1 failed" },
    ];
    for (const { name, env, code, last } of cases) {
      await t.step(name, async () => {
        const options = { env: { ...good, ...env, PATH: `${dir}:/usr/bin:/bin` }, clearEnv: true, check: false };
        const result = await run(["bash", join(dir, ".ci/run")], options);
        assertEquals({ code: result.code, last: result.stdout.trimEnd().split("\n").at(-1) }, { code, last });
      });
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
