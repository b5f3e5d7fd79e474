import { assertEquals } from "@std/assert";
import { countVnis, findOverlap, hasVni, parseVniRange, renderInterval, type VniType } from "./vni_range.ts";

Deno.test("a vniRange is read as ascending intervals, with what is wrong of it", async (t) => {
  const cases: [range: string, type: VniType, intervals: string, problems: string[]][] = [
    ["700-710,900", "vlan", "700-710 900", []],
    ["900,700-710", "vlan", "700-710 900", []],
    ["1", "vxlan", "1", []],
    ["1-4094", "vlan", "1-4094", []],
    ["1-16777214", "vxlan", "1-16777214", []],
    ["2000-2500,2601,2650-2700", "vxlan", "2000-2500 2601 2650-2700", []],
    ["1-2,3-4", "vlan", "1-4", []],
    ["0007", "vlan", "7", []],
    ["", "vlan", "", ['"" is neither an id nor first-last']],
    ["5,", "vlan", "5", ['"" is neither an id nor first-last']],
    ["5, 7", "vlan", "5", ['" 7" is neither an id nor first-last']],
    ["a-b,7", "vlan", "7", ['"a-b" is neither an id nor first-last']],
    ["1-2-3", "vlan", "", ['"1-2-3" is neither an id nor first-last']],
    ["-5", "vlan", "", ['"-5" is neither an id nor first-last']],
    ["9-7", "vlan", "", ["9-7 ends before it starts"]],
    ["0", "vlan", "", ["0 is not inside 1-4094, the ids of vlan"]],
    ["4000-4095", "vlan", "", ["4000-4095 is not inside 1-4094, the ids of vlan"]],
    ["16777215", "vxlan", "", ["16777215 is not inside 1-16777214, the ids of vxlan"]],
    ["4095", "vxlan", "4095", []],
    ["1-5,5-7", "vlan", "1-7", ["1-5 and 5-7 overlap"]],
    ["1-9,2-3,4", "vlan", "1-9", ["1-9 and 2-3 overlap", "1-9 and 4 overlap"]],
    ["5,5", "vlan", "5", ["5 and 5 overlap"]],
  ];
  for (const [range, type, intervals, problems] of cases) {
    await t.step(`${type} ${range}`, () => {
      const read = parseVniRange(range, type);
      assertEquals(read.intervals.map(renderInterval).join(" "), intervals);
      assertEquals(read.problems, problems);
    });
  }
});

Deno.test("a range of all VxLAN ids costs no more than one of a single id", () => {
  const { intervals } = parseVniRange("1-16777214", "vxlan");
  assertEquals([countVnis(intervals), hasVni(intervals, 16777214), hasVni(intervals, 0)], [16777214, true, false]);
});

Deno.test("the overlap of two ranges is the lowest interval that both have", () => {
  const overlap = (a: string, b: string) =>
    findOverlap(parseVniRange(a, "vlan").intervals, parseVniRange(b, "vlan").intervals);
  assertEquals(overlap("1-10,20-30", "11-25"), { first: 20, last: 25 });
  assertEquals(overlap("1-10", "10"), { first: 10, last: 10 });
  assertEquals(overlap("1-10,20", "11-19,21"), undefined);
});
