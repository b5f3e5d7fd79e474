import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { SchemaError } from "../../shared/schema/describe_issues.ts";
import { seededRandom } from "../../tests/support/seeded_random.ts";
import { NAD_ANNOTATION } from "../../shared/schema/nad.ts";
import { type NadSelection, parseNadAnnotation } from "./parse_nad_annotation.ts";

const plain = (name: string, more: Partial<NadSelection> = {}): NadSelection => ({
  namespace: "pods",
  name,
  interface: "net1",
  ips: [],
  capabilityArgs: {},
  ...more,
});

Deno.test("both forms of the annotation name definitions and interfaces", async (t) => {
  const cases: [string, NadSelection[]][] = [
    ["", []],
    [" null ", []],
    ["[]", []],
    ["a", [plain("a")]],
    ["net-a/x.y@eth9", [plain("x.y", { namespace: "net-a", interface: "eth9" })]],
    [" a , b@b0,a ", [plain("a"), plain("b", { interface: "b0" }), plain("a", { interface: "net3" })]],
    [`[{"name":"a"},{"name":"b","namespace":"c"}]`, [
      plain("a"),
      plain("b", { namespace: "c", interface: "net2" }),
    ]],
    [`[{"name":"a","namespace":"","interface":"","mac":"","ips":null,"cni-args":null,"portMappings":null}]`, [
      plain("a"),
    ]],
    [`[{"name":"a","not-ours":{"x":1}}]`, [plain("a")]],
  ];
  for (const [text, selections] of cases) {
    await t.step(text || "empty", () => assertEquals(parseNadAnnotation(text, "pods"), selections));
  }
});

Deno.test("the JSON form asks for addresses, a hardware address, arguments and what plugins are capable of", () => {
  const element = {
    name: "a",
    ips: ["10.0.0.5", "fd00::5/64"],
    mac: "02:00:00:00:00:0A",
    "cni-args": { vf: 3, ips: ["10.0.0.6"] },
    "default-route": ["10.0.0.1", "fd00::1"],
    "infiniband-guid": "c2:11:22:33:44:55:66:77",
    portMappings: [{ hostPort: 80, containerPort: 8080 }],
    bandwidth: { ingressRate: 2048 },
  };
  const { ips, mac, portMappings, bandwidth } = element;
  assertEquals(parseNadAnnotation(JSON.stringify([element]), "pods"), [
    plain("a", {
      ips,
      mac,
      cniArgs: element["cni-args"],
      defaultRoute: ["10.0.0.1", "fd00::1"],
      capabilityArgs: { ips, mac, portMappings, bandwidth, infinibandGUID: element["infiniband-guid"] },
    }),
  ]);
  assertEquals(parseNadAnnotation(`[{"name":"a","default-route":[]}]`, "pods"), [plain("a", { defaultRoute: [] })]);
});

Deno.test("what is wrong with the annotation is told by field", async (t) => {
  const one = (fields: object): string => JSON.stringify([{ name: "a" }, { name: "b", ...fields }]);
  const cases: [string, string][] = [
    ["a,,b", `[1]: "" is not of the form`],
    ["a/b/c", `[0]: "a/b/c" is not of the form`],
    ["a@b@c", `[0]: "a@b@c" is not of the form`],
    ["a, Upper", "[1].name: must be a name in Kubernetes"],
    ["../a", "[0].namespace: must be a name in Kubernetes"],
    ["a@sixteen-bytes-xx", "[0].interface: "],
    ["a@lo", "[0].interface: must not be lo"],
    [`{"name":"a"}`, "expected array"],
    [`[{"name":"a"`, "is not JSON"],
    [`["a"]`, "[0]: "],
    ["[null]", "[0]: "],
    ["[{}]", "[0].name: "],
    [one({ interface: "a b" }), "[1].interface: must be 1 to 15"],
    [one({ interface: "-f" }), "[1].interface: must be 1 to 15"],
    [one({ ips: ["10.0.0.5", "10.0.0"] }), "[1].ips[1]: "],
    [one({ ips: ["10.0.0.5/33"] }), "[1].ips[0]: "],
    [one({ ips: "10.0.0.5" }), "[1].ips: "],
    [one({ mac: "02:00" }), "[1].mac: must be 6 bytes in hex"],
    [one({ "infiniband-guid": "02:00:00:00:00:0a" }), "[1].infiniband-guid: must be 8 bytes in hex"],
    [one({ "cni-args": ["x"] }), "[1].cni-args: "],
    [one({ "default-route": ["10.0.0.1/24"] }), "[1].default-route[0]: "],
    [one({ "default-route": ["10.0.0.1", "10.0.0.2"] }), "[1].default-route: must have one gateway of each family"],
    [one({ portMappings: { hostPort: 1 } }), "[1].portMappings: "],
    [Array.from({ length: 257 }, () => "a").join(), "to have <=256 items"],
    [one({ bandwidth: 5 }), "[1].bandwidth: "],
  ];
  for (const [text, says] of cases) {
    await t.step(text.slice(0, 80), () => {
      const { message } = assertThrows(() => parseNadAnnotation(text, "pods"), SchemaError);
      assertStringIncludes(message, `annotation ${NAD_ANNOTATION}: `);
      assertStringIncludes(message, says);
    });
  }
});

Deno.test("whatever the annotation holds, it is read or told to be wrong", () => {
  const random = seededRandom(20_261_121);
  const whole = JSON.stringify([{ name: "a", ips: ["10.0.0.5/24"], mac: "02:00:00:00:00:0a", "default-route": [] }]);
  const bits = [
    ...'abA09/@,.-:[]{}"\\ \n\0é',
    ...["null", "true", "1e999", `"name":"a"`, `"ips":[`, `"__proto__":{}`, "10.0.0.1", "::", `"default-route":[""]`],
  ];
  const pick = (count: number): number => Math.floor(random() * count);
  let read = 0;
  for (let round = 0; round < 5000; round++) {
    let text = round % 2 === 0 ? whole : "";
    for (let edits = 1 + pick(8); edits > 0; edits--) {
      const at = pick(text.length + 1);
      text = text.slice(0, at) + (bits[pick(bits.length)] ?? "") + text.slice(at + pick(3));
    }
    try {
      for (const { name, interface: ifname } of parseNadAnnotation(text, "pods")) {
        assertEquals([/^[a-z0-9.-]+$/.test(name), /^[\w.-]{1,15}$/.test(ifname)], [true, true], text);
      }
      read++;
    } catch (error) {
      if (!(error instanceof SchemaError)) throw new Error(`${JSON.stringify(text)} threw ${error}`, { cause: error });
    }
  }
  assertEquals(read > 50, true, `${read} of 5000 were read`);
});
