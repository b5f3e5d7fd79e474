import { assertEquals, assertRejects } from "@std/assert";
import { enter } from "./ip_batch.ts";
import { isNetnsGone } from "./netns.ts";
import { CommandError, createRun } from "./run.ts";

const run = createRun();

async function enterFails(path: string): Promise<boolean> {
  return isNetnsGone(await assertRejects(() => run([...enter(path), "true"]), CommandError));
}

const hasNsenter = await run(["nsenter", "-V"]).then(() => true, () => false);

Deno.test({
  name: "the real nsenter(1): a path that is missing, or a plain file, is a namespace that is gone",
  ignore: !hasNsenter,
  async fn(): Promise<void> {
    const file = await Deno.makeTempFile({ prefix: "danm-netns-" });
    try {
      assertEquals(await enterFails(`${file}-none`), true);
      assertEquals(await enterFails(file), true);
    } finally {
      await Deno.remove(file);
    }
  },
});

Deno.test("other failures do not mean that the namespace is gone", () => {
  const failed = (argv: string[], stderr: string): CommandError =>
    new CommandError(argv, { code: 1, stdout: "", stderr });
  const cases: { error: unknown; gone: boolean }[] = [
    { error: failed(["nsenter", "--net=/x"], "nsenter: cannot open /x: No such file or directory\n"), gone: true },
    { error: failed(["nsenter", "--net=/x"], "nsenter: cannot open /x: Permission denied\n"), gone: false },
    {
      error: failed(
        ["nsenter", "--net=/x"],
        "nsenter: reassociate to namespace 'ns/net' failed: Operation not permitted\n",
      ),
      gone: false,
    },
    {
      error: failed(["nsenter", "--net=/x"], "nsenter: failed to execute ip: No such file or directory\n"),
      gone: false,
    },
    { error: failed(["nsenter", "--net=/x"], "RTNETLINK answers: No such file or directory\n"), gone: false },
    { error: failed(["ip"], "nsenter: cannot open /x: No such file or directory\n"), gone: false },
    { error: new Error("nsenter: cannot open /x: No such file or directory"), gone: false },
    { error: undefined, gone: false },
  ];
  for (const { error, gone } of cases) assertEquals(isNetnsGone(error), gone);
});
