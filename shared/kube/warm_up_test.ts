import { assertEquals } from "@std/assert";

Deno.test("warmUpTls returns at once, prints nothing and does not keep a process from exiting", async () => {
  const code = `
    import { warmUpTls } from "${new URL("./warm_up.ts", import.meta.url)}";
    const started = performance.now();
    const result = warmUpTls("/nonexistent/relay.sock");
    // Gathering the entropy takes 30 ms; starting it on another thread a few.
    Deno.exit(result === undefined && performance.now() - started < 1_000 ? 7 : 1);`;
  const { code: exit, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", code],
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals([exit, new TextDecoder().decode(stdout), new TextDecoder().decode(stderr)], [7, "", ""]);
});
