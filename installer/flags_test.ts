import { assertEquals, assertThrows } from "@std/assert";
import { FlagError, parseFlags } from "./flags.ts";

Deno.test("parseFlags has the places of a usual node", () => {
  assertEquals(parseFlags(["install"]), {
    command: "install",
    paths: {
      pluginDir: "/opt/cni/bin",
      confDir: "/etc/cni/net.d",
      installDir: "/var/lib/danm",
      stateDir: "/var/lib/cni",
      runDir: "/run/danm",
    },
    settingsDir: "/etc/danm",
    commandPath: "/host/usr/local/sbin:/host/usr/local/bin:/host/usr/sbin:/host/usr/bin",
    daemonSet: "danm-cni",
    probes: { hostname: "127.0.0.1", port: 9090 },
    logLevel: "info",
  });
  const given = parseFlags(["uninstall", "-conf-dir", "/a/b", "--probe-port=0", "-log-level=debug"]);
  assertEquals([given?.command, given?.paths.confDir, given?.probes.port], ["uninstall", "/a/b", 0]);
  assertEquals(parseFlags(["-h"]), undefined);
});

Deno.test("parseFlags says what is expected", async (t) => {
  const cases: [string[], string][] = [
    [[], "no command: install or uninstall is expected"],
    [["remove"], "remove: install or uninstall is expected"],
    [["install", "now"], "install now: install or uninstall is expected"],
    [["install", "-verbose"], "no such flag"],
    [["install", "-conf-dir", "etc"], "-conf-dir etc: an absolute path"],
    [["install", "-conf-dir", "/etc/"], "-conf-dir /etc/: an absolute path"],
    [["install", "-probe-port", "70000"], "-probe-port 70000: a whole number"],
    [["install", "-log-level", "loud"], "-log-level loud: debug"],
  ];
  for (const [args, says] of cases) {
    await t.step(args.join(" "), () => {
      assertThrows(() => parseFlags(args), FlagError, says);
    });
  }
});
