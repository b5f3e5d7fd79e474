import { assertEquals } from "@std/assert";
import { parseLine, type Request } from "./serve_lines.ts";

Deno.test("parseLine", async (t) => {
  const cases: { line: string; request: Request }[] = [
    { line: "", request: { kind: "nothing" } },
    { line: "   ", request: { kind: "nothing" } },
    { line: "node1", request: { kind: "nothing" } },
    { line: " exit ", request: { kind: "exit" } },
    { line: "quit", request: { kind: "exit" } },
    {
      line: "node1  ip  link | grep 'a  b'",
      request: { kind: "node", node: "node1", script: "ip  link | grep 'a  b'" },
    },
    { line: "kubectl get pods -A", request: { kind: "kubectl", script: "kubectl get pods -A" } },
    { line: "node3 true", request: { kind: "unknown", word: "node3" } },
    { line: "ls", request: { kind: "unknown", word: "ls" } },
  ];
  for (const { line, request } of cases) {
    await t.step(`reads ${JSON.stringify(line)}`, () => assertEquals(parseLine(line, ["node1", "node2"]), request));
  }
});
