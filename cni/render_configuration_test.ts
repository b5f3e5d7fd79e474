import { assertEquals } from "@std/assert";
import { ruleCommands } from "./render_configuration.ts";

Deno.test("rules of each family are commands of their own batch, because ip rule does not tell the family", () => {
  const rules = [
    { interface: "eth0", from: "192.0.2.1/32", table: 200 },
    { interface: "eth0", from: "2001:db8::1/128", table: 200 },
  ];
  assertEquals(ruleCommands("add", rules, 4).map((words) => words.join(" ")), [
    "rule add from 192.0.2.1/32 table 200 pref 32000",
  ]);
  assertEquals(ruleCommands("del", rules, 6).map((words) => words.join(" ")), [
    "rule del from 2001:db8::1/128 table 200 pref 32000",
  ]);
});
