import { assert, assertEquals, assertThrows } from "@std/assert";
import { FlagError, parseFlags, USAGE } from "./flags.ts";

Deno.test("the original's flags are taken with one dash and with two", () => {
  const flags = parseFlags([
    "-tls-cert-bundle",
    "/a",
    "--tls-private-key-file=/b",
    "-bind-port=1",
    "-bind-address",
    "::1",
  ]);
  assertEquals(flags?.certificateFiles, { cert: "/a", key: "/b" });
  assertEquals([flags?.bindPort, flags?.bindAddress], [1, "::1"]);
});

Deno.test("without flags the webhook runs in a Pod and makes its own certificate", () => {
  const flags = parseFlags([]);
  assert(flags && !("certificateFiles" in flags) && !("kubeconfig" in flags));
  const { bindAddress, bindPort, operationsPort, logLevel, drainMs } = flags;
  assertEquals({ bindAddress, bindPort, operationsPort, logLevel, drainMs }, {
    bindAddress: "",
    bindPort: 8443,
    operationsPort: 8080,
    logLevel: "info",
    drainMs: 10_000,
  });
});

Deno.test("flags that cannot be followed are refused by name", async (t) => {
  const cases: [string[], string][] = [
    [["-bind-prot", "1"], "bind-prot: no such flag"],
    [["stray"], "stray: no such flag"],
    [["-tls-cert-bundle", "/a"], "both or none"],
    [["-tls-private-key-file", "/a"], "both or none"],
    [["-bind-port", "65536"], "-bind-port 65536"],
    [["-bind-port", "http"], "-bind-port http"],
    [["-operations-port", "-1"], "-operations-port"],
    [["-drain-seconds", "1e9"], "-drain-seconds 1e9"],
    [["-log-level", "loud"], "-log-level loud"],
    [["-naming-scheme", "own"], "-naming-scheme own"],
    [["-certificate-seconds", "soon"], "-certificate-seconds soon"],
  ];
  for (const [args, says] of cases) {
    await t.step(args.join(" "), () => void assertThrows(() => parseFlags(args), FlagError, says));
  }
});

Deno.test("help names every flag", () => {
  assertEquals(parseFlags(["-help"]), undefined);
  assertEquals(parseFlags(["-h"]), undefined);
  for (const flag of ["tls-cert-bundle", "tls-private-key-file", "bind-port", "bind-address", "drain-seconds"]) {
    assert(USAGE.includes(`  -${flag} `), flag);
  }
});
