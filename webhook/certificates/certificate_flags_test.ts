import { assertEquals, assertThrows } from "@std/assert";
import { parseCertificateFlags } from "./certificate_flags.ts";
import { DEFAULT_LIFETIMES } from "./situation.ts";

Deno.test("without flags certificates live 90 days, and are looked after every ten seconds", () => {
  assertEquals(parseCertificateFlags({}), { lifetimes: DEFAULT_LIFETIMES, pollMs: 10_000 });
});

Deno.test("flags of certificates", () => {
  const given = {
    "certificate-seconds": "60",
    "authority-seconds": "180",
    "trust-seconds": "10",
    "certificate-poll-seconds": "2",
    "certificate-hosts": "a.svc, 10.0.0.1,",
  };
  assertEquals(parseCertificateFlags(given), {
    lifetimes: { leafMs: 60_000, authorityMs: 180_000, graceMs: 10_000 },
    pollMs: 2000,
    hosts: ["a.svc", "10.0.0.1"],
  });
});

Deno.test("flags that leave no time for a renewal are refused", () => {
  const refused = (given: Parameters<typeof parseCertificateFlags>[0], why: string): unknown =>
    assertThrows(() => parseCertificateFlags(given), RangeError, why);
  refused({ "certificate-seconds": "59", "trust-seconds": "10" }, "six times as long");
  refused({ "certificate-seconds": "0", "trust-seconds": "0" }, "six times as long");
  refused({ "authority-seconds": "1000000" }, "three times as long");
  refused({ "trust-seconds": "1.5" }, "whole seconds");
  refused({ "certificate-seconds": "90d" }, "whole seconds");
  refused({ "certificate-poll-seconds": "0" }, "every second at most");
});
