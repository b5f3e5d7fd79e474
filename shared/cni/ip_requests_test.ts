import { assertEquals, assertThrows } from "@std/assert";
import { CniError } from "../errors.ts";
import { parseCniArgs } from "./cni_args.ts";
import { type IpRequest, readIpRequests } from "./ip_requests.ts";

const read = (args: string, conf: Record<string, unknown>): readonly IpRequest[] =>
  readIpRequests({ args: parseCniArgs(args), conf });

Deno.test("readIpRequests takes the addresses from the first place that asks for any", async (t) => {
  const runtimeConfig = { ips: ["10.0.0.5/24", "2001:db8::5"] };
  const args = { cni: { ips: ["10.0.0.6"] } };
  const ofRuntime = [
    { text: "10.0.0.5/24", field: "runtimeConfig.ips[0]" },
    { text: "2001:db8::5", field: "runtimeConfig.ips[1]" },
  ];
  const ofArgs = [{ text: "10.0.0.6", field: "args.cni.ips[0]" }];
  const ofEnv = [{ text: "10.0.0.7/24", field: "CNI_ARGS: IP" }, { text: "2001:db8::7", field: "CNI_ARGS: IP" }];
  const env = "IgnoreUnknown=1;IP=10.0.0.7/24, 2001:db8::7;K8S_POD_NAME=web";
  const cases: { name: string; args: string; conf: Record<string, unknown>; expected: IpRequest[] }[] = [
    { name: "all three", args: env, conf: { runtimeConfig, args }, expected: ofRuntime },
    { name: "args before CNI_ARGS", args: env, conf: { args }, expected: ofArgs },
    { name: "CNI_ARGS alone", args: env, conf: {}, expected: ofEnv },
    { name: "nowhere", args: "", conf: {}, expected: [] },
    { name: "an empty text", args: "IP=", conf: {}, expected: [] },
    {
      name: "empty lists ask for none",
      args: env,
      conf: { runtimeConfig: { ips: [] }, args: { cni: { ips: [] } } },
      expected: ofEnv,
    },
    {
      name: "null is absent, other keys are not ours",
      args: "",
      conf: { runtimeConfig: { ips: null, mac: 7 }, args: { cni: null, labels: [] } },
      expected: [],
    },
    {
      name: "what is not looked at may be malformed",
      args: "IP=,",
      conf: { runtimeConfig, args: "x" },
      expected: ofRuntime,
    },
  ];
  for (const { name, args, conf, expected } of cases) {
    await t.step(name, () => assertEquals(read(args, conf), expected));
  }
});

Deno.test("readIpRequests refuses what is no list of texts, by its field", async (t) => {
  const cases: { args?: string; conf?: Record<string, unknown>; code: number; message: string }[] = [
    { conf: { runtimeConfig: 7 }, code: 7, message: "configuration: runtimeConfig: must be an object, not 7" },
    { conf: { runtimeConfig: [] }, code: 7, message: "configuration: runtimeConfig: must be an object, not a list" },
    {
      conf: { runtimeConfig: { ips: "10.0.0.5" } },
      code: 7,
      message: `configuration: runtimeConfig.ips: must be a list, not "10.0.0.5"`,
    },
    {
      conf: { runtimeConfig: { ips: ["10.0.0.5", { address: "10.0.0.6" }] } },
      code: 7,
      message: "configuration: runtimeConfig.ips[1]: must be a text, not an object",
    },
    {
      conf: { runtimeConfig: { ips: [""] } },
      code: 7,
      message: `configuration: runtimeConfig.ips[0]: must not be empty, not ""`,
    },
    { conf: { args: { cni: "x" } }, code: 7, message: `configuration: args.cni: must be an object, not "x"` },
    {
      conf: { args: { cni: { ips: [null] } } },
      code: 7,
      message: "configuration: args.cni.ips[0]: must be a text, not null",
    },
    { args: "IP=10.0.0.5,", code: 4, message: `CNI_ARGS: IP="10.0.0.5," has an empty part` },
  ];
  for (const { args = "", conf = {}, code, message } of cases) {
    await t.step(message, () => {
      const error = assertThrows(() => read(args, conf), CniError);
      assertEquals([error.code, error.message], [code, message]);
    });
  }
});
