import { assertEquals, assertThrows } from "@std/assert";
import { type LabArguments, parseLabArguments } from "./lab_arguments.ts";

Deno.test("parseLabArguments", async (t) => {
  const plain: LabArguments = { cluster: false, nodes: 2, nodeKind: "auto", images: [] };
  const cases: { args: string[]; expected: LabArguments }[] = [
    { args: [], expected: plain },
    { args: ["--nodes=3", "--uml"], expected: { ...plain, nodes: 3, nodeKind: "uml" } },
    { args: ["--cluster", "--native"], expected: { ...plain, cluster: true, nodeKind: "native" } },
    {
      args: ["--cluster", "--image=a.tar", "--image=b.tar"],
      expected: { ...plain, cluster: true, images: ["a.tar", "b.tar"] },
    },
  ];
  for (const { args, expected } of cases) {
    await t.step(`reads ${JSON.stringify(args)}`, () => assertEquals(parseLabArguments(args), expected));
  }
  const refused: { args: string[]; message: string }[] = [
    { args: ["--nodes=0"], message: "--nodes=0: expected a number from 1 to 99" },
    { args: ["--nodes=two"], message: "--nodes=two: expected" },
    { args: ["--uml", "--native"], message: "nodes are of one kind" },
    { args: ["--image=a.tar"], message: "with --cluster only" },
    { args: ["--node=2"], message: "--node: deno task lab takes" },
    { args: ["node1"], message: "node1: deno task lab takes" },
  ];
  for (const { args, message } of refused) {
    await t.step(`refuses ${JSON.stringify(args)}`, () => {
      assertThrows(() => parseLabArguments(args), Error, message);
    });
  }
});
