import { assertEquals, assertThrows } from "@std/assert";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import { findRepeatedNames, isBare, nameInterface, type NamingScheme } from "./plan_interfaces.ts";

Deno.test("an interface is called after the prefix of its network and its position, or exactly so", async (t) => {
  const cases: [scheme: NamingScheme, prefix: string | undefined, index: number, name: string | RegExp][] = [
    ["", undefined, 1, "eth1"],
    ["", "", 12, "eth12"],
    ["awesome", "net", 2, "net2"],
    ["legacy", "net", 2, "net"],
    ["legacy", undefined, 2, "eth2"],
    ["", "abcdefghijklmn", 9, "abcdefghijklmn9"],
    ["", "abcdefghijklmn", 10, /abcdefghijklmn10 of interface 10 has 16 bytes/],
    ["legacy", "abcdefghijklmno", 10, "abcdefghijklmno"],
    ["legacy", "lo", 1, /interface 1 would be called lo/],
    ["", "lo", 1, "lo1"],
  ];
  for (const [scheme, prefix, index, name] of cases) {
    await t.step(`${scheme} ${prefix} ${index}`, () => {
      const call = (): string => nameInterface(scheme, { prefix, index, subject: "DanmNet a/b" });
      if (typeof name === "string") return assertEquals(call(), name);
      const error = assertThrows(call, SchemaError);
      assertEquals([error.issues[0]?.field, name.test(error.message)], ["spec.Options.container_prefix", true]);
    });
  }
});

Deno.test("each interface that takes a name again is told, with the one that has it", () => {
  const named = [["eth0", "A"], ["x", "B"], ["x", "C"], ["y", "D"], ["x", "E"]].map(([name, subject]) => ({
    interface: name ?? "",
    subject: subject ?? "",
  }));
  assertEquals(findRepeatedNames(named).map(({ code, message }) => [code, message]), [
    [104, "interface name x is given twice: by B and by C"],
    [104, "interface name x is given twice: by C and by E"],
  ]);
});

Deno.test("an interface is bare when neither we nor its plugin's IPAM give it an address", () => {
  assertEquals(isBare({ addresses: [], ipam: undefined }), true);
  assertEquals(isBare({ addresses: [], ipam: "none" }), true);
  assertEquals(isBare({ addresses: [], ipam: "file" }), false);
  assertEquals(isBare({ addresses: [1], ipam: "ours" }), false);
});
