import { assertEquals, assertThrows } from "@std/assert";
import { SchemaError } from "../../shared/schema/describe_issues.ts";
import { parseDeviceCheckpoint } from "./device_checkpoint.ts";

/** A checkpoint of one entry for Pod `ours` with these ids, and one for another Pod. */
function checkpoint(deviceIDs: unknown): string {
  const entry = { PodUID: "ours", ContainerName: "c", ResourceName: "v/a", DeviceIDs: deviceIDs, AllocResp: "EgA=" };
  const other = { ...entry, PodUID: "theirs", DeviceIDs: { "-1": ["9"] } };
  const RegisteredDevices = { "v/a": ["1", "2", "9"] };
  return JSON.stringify({ Data: { PodDeviceEntries: [entry, other], RegisteredDevices }, Checksum: 1 });
}

Deno.test("parseDeviceCheckpoint reads the devices of one Pod", async (t) => {
  const cases: { name: string; text: string; deviceIDs: string[][] }[] = [
    { name: "ids as a list", text: checkpoint(["2", "1"]), deviceIDs: [["2", "1"]] },
    { name: "ids without a NUMA node", text: checkpoint({ "-1": ["1"] }), deviceIDs: [["1"]] },
    { name: "ids of two NUMA nodes", text: checkpoint({ "0": ["1"], "1": ["2"] }), deviceIDs: [["1", "2"]] },
    { name: "a NUMA node without ids", text: checkpoint({ "0": null }), deviceIDs: [[]] },
    { name: "no ids", text: checkpoint(null), deviceIDs: [[]] },
    {
      name: "no entries",
      text: '{"Data":{"PodDeviceEntries":null,"RegisteredDevices":{}},"Checksum":1}',
      deviceIDs: [],
    },
    { name: "nothing of this Pod", text: checkpoint([]).replace("ours", "others"), deviceIDs: [] },
  ];
  for (const { name, text, deviceIDs } of cases) {
    await t.step(name, () => {
      const expected = deviceIDs.map((ids) => ({ resourceName: "v/a", deviceIDs: ids }));
      assertEquals(parseDeviceCheckpoint(text, "ours"), expected);
    });
  }
});

Deno.test("parseDeviceCheckpoint refuses what is no checkpoint", () => {
  assertThrows(() => parseDeviceCheckpoint("", "ours"), SyntaxError);
  assertThrows(() => parseDeviceCheckpoint('{"Data":{"PodDev', "ours"), SyntaxError);
  for (const text of ["null", "{}", '{"Data":{"PodDeviceEntries":{}}}', checkpoint("1"), checkpoint([1])]) {
    assertThrows(() => parseDeviceCheckpoint(text, "ours"), SchemaError, "the kubelet's checkpoint: ");
  }
});
