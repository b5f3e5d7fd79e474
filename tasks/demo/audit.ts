import { type DanmLab, STATE_DIR } from "../../tests/support/danm_lab.ts";
import type { Lab } from "../../tests/support/lab/lab.ts";
import type { Node } from "../../tests/support/lab/node.ts";
import type { AttachedPod } from "./attach.ts";
import type { Screen } from "./screen.ts";

/** Names of the links that each node has outside of sandboxes. */
export type NodeLinks = ReadonlyMap<Node, readonly string[]>;

/** Reads the links of all nodes. */
export async function readNodeLinks(lab: Lab): Promise<NodeLinks> {
  return new Map(
    await Promise.all(lab.nodes.map(async (node): Promise<[Node, string[]]> => {
      const { stdout } = await node.run(["ip", "-json", "link", "show"]);
      const links = JSON.parse(stdout) as { readonly ifname: string }[];
      return [node, links.map(({ ifname }) => ifname).toSorted()];
    })),
  );
}

/** Checks that the API, the sandboxes and the nodes hold nothing any more of what was attached. */
export async function auditNothingLeft(
  danm: DanmLab,
  attached: readonly AttachedPod[],
  { before, screen }: { before: NodeLinks; screen: Screen },
): Promise<void> {
  const { lab } = danm;
  const [held, inSandboxes, records, links] = await Promise.all([
    danm.held(),
    Promise.all(
      attached.map(async ({ pod, sandbox }) => (await danm.leftovers(sandbox)).map((x) => `${pod.name}: ${x}`)),
    ),
    Promise.all(lab.nodes.map(findRecords)),
    readNodeLinks(lab),
  ]);
  const found = (what: string, left: readonly string[]): void =>
    screen.check(left.length === 0, [what, ...left].join("; "));
  found("no DanmEp and no DanmIp in the API", held.map(({ kind, name }) => `${kind} ${name}`));
  found(`no link and no rule in the ${attached.length} sandboxes`, inSandboxes.flat());
  found("no record on the nodes", records.flat());
  const changed = lab.nodes.filter((node) => String(links.get(node)) !== String(before.get(node)));
  found(
    "the nodes have the links that they had before",
    changed.map((node) => `${node.name} has ${links.get(node)}, had ${before.get(node)}`),
  );
}

async function findRecords(node: Node): Promise<string[]> {
  const { stdout } = await node.run(["find", STATE_DIR, "-maxdepth", "1", "-type", "f"]);
  return stdout.split("\n").filter((line) => line !== "").map((path) => `${node.name}: ${path}`);
}
