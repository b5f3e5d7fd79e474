import { assertEquals, assertThrows } from "@std/assert";
import { ConfError, planDefaultConf, planShadows } from "./plan_default_conf.ts";

const OURS = { name: "00-danm.conflist", text: `{"plugins": [{"type": "danm"}]}` };
const BRIDGE = { name: "10-bridge.conf", text: `{"type": "bridge", "capabilities": {"ips": true, "mac": false}}` };
const LIST = {
  name: "20-list.conflist",
  text: `{"plugins": [{"type": "ptp"}, {"type": "portmap", "capabilities": {"portMappings": true}}]}`,
};

Deno.test("planDefaultConf finds what the runtime would use without us", async (t) => {
  const bridge = {
    file: "10-bridge.conf",
    networkID: "10-bridge",
    type: "bridge",
    types: ["bridge"],
    capabilities: { ips: true as const },
  };
  const list = {
    file: "20-list.conflist",
    networkID: "20-list",
    type: "ptp",
    types: ["ptp", "portmap"],
    capabilities: { portMappings: true as const },
  };
  const notes = { name: "05-notes.txt", text: "" };
  await t.step("the first by name", () => {
    assertEquals(planDefaultConf([LIST, notes, BRIDGE, OURS], { ours: OURS.name }), bridge);
  });
  await t.step("the one that is wanted", () => {
    assertEquals(planDefaultConf([BRIDGE, LIST], { ours: OURS.name, wanted: "20-list.conflist" }), list);
  });
});

Deno.test("planDefaultConf says what is wrong with a configuration", async (t) => {
  const cases: { name: string; files: { name: string; text: string }[]; wanted?: string; says: string }[] = [
    { name: "there is none", files: [OURS], says: "there is no CNI configuration besides ours" },
    {
      name: "not the wanted one",
      files: [BRIDGE],
      wanted: "a.conf",
      says: "no CNI configuration a.conf (there are: 10-bridge.conf)",
    },
    {
      name: "an ending that networks cannot name",
      files: [{ ...BRIDGE, name: "1.json" }],
      says: "1.json: a network can only name",
    },
    {
      name: "a name that networks cannot name",
      files: [{ ...BRIDGE, name: "a b.conf" }],
      says: "a b.conf: a network can only name",
    },
    { name: "no JSON", files: [{ name: "a.conf", text: "{" }], says: "a.conf is not JSON" },
    { name: "no object", files: [{ name: "a.conf", text: "[]" }], says: "a.conf is not a JSON object" },
    { name: "no type", files: [{ name: "a.conf", text: "{}" }], says: "a.conf: a plugin without a type" },
    {
      name: "no plugins",
      files: [{ name: "a.conflist", text: `{"plugins": []}` }],
      says: "a.conflist: a plugin without",
    },
    {
      name: "a type that is a path",
      files: [{ name: "a.conf", text: `{"type": "../sh"}` }],
      says: "a plugin without a type",
    },
  ];
  for (const { name, files, wanted, says } of cases) {
    await t.step(name, () => {
      assertThrows(() => planDefaultConf(files, { ours: OURS.name, wanted }), ConfError, says);
    });
  }
});

Deno.test("planShadows finds what the runtime prefers to ours", () => {
  const names = ["10-bridge.conf", "00-calico.conflist", "00-danm.conflist", "00-a.txt", "00-b.json"];
  assertEquals(planShadows(names, "00-danm.conflist"), ["00-b.json", "00-calico.conflist"]);
});
