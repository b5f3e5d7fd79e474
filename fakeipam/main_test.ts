import { assertEquals, assertStringIncludes } from "@std/assert";

interface Answer {
  readonly code: number;
  readonly stdout: string;
}

/** Runs the executable's source as the process that it will be. */
async function runMain(env: Record<string, string>, stdin: string): Promise<Answer> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-env", new URL("./main.ts", import.meta.url).pathname],
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin));
  await writer.close();
  const { code, stdout } = await child.output();
  return { code, stdout: new TextDecoder().decode(stdout) };
}

const ENV = { CNI_CONTAINERID: "c1", CNI_NETNS: "/run/netns/a", CNI_IFNAME: "eth0", CNI_PATH: "/opt/cni/bin" };
const conf = (cniVersion: string): string =>
  JSON.stringify({
    cniVersion,
    name: "n",
    type: "x",
    ipam: { type: "fakeipam", ips: [{ ipcidr: "10.0.0.5/24", version: 4 }] },
  });

Deno.test("the process echoes the addresses as an IPAM result of the version asked for", async () => {
  const expected: Record<string, object> = {
    "0.3.1": { version: "4", address: "10.0.0.5/24" },
    "0.4.0": { version: "4", address: "10.0.0.5/24" },
    "1.0.0": { address: "10.0.0.5/24" },
    "1.1.0": { address: "10.0.0.5/24" },
  };
  for (const [cniVersion, ip] of Object.entries(expected)) {
    const { code, stdout } = await runMain({ ...ENV, CNI_COMMAND: "ADD" }, conf(cniVersion));
    assertEquals([code, JSON.parse(stdout)], [0, { cniVersion, ips: [ip] }]);
  }
});

Deno.test("the process has every command, and prints nothing where there is nothing to tell", async () => {
  for (const command of ["DEL", "CHECK", "GC", "STATUS"]) {
    const answer = await runMain({ ...ENV, CNI_COMMAND: command }, conf("1.1.0"));
    assertEquals([command, answer], [command, { code: 0, stdout: "" }]);
  }
  const unknown = await runMain({ ...ENV, CNI_COMMAND: "PATCH" }, conf("1.1.0"));
  assertEquals(JSON.parse(unknown.stdout).details, "supported commands: ADD, DEL, CHECK, GC, STATUS, VERSION");
});

Deno.test("the process tells what is wrong as the one document on stdout, and exits with 1", async () => {
  const { code, stdout } = await runMain({ ...ENV, CNI_COMMAND: "ADD" }, `{"cniVersion":"1.0.0","name":"n"}`);
  const document = JSON.parse(stdout);
  assertEquals([code, document.code, document.cniVersion], [1, 7, "1.0.0"]);
  assertStringIncludes(document.msg, "ipam.ips");
});

Deno.test("the process answers VERSION without anything on stdin", async () => {
  const { code, stdout } = await runMain({ CNI_COMMAND: "VERSION" }, "");
  assertEquals([code, JSON.parse(stdout).cniVersion], [0, "1.1.0"]);
});
