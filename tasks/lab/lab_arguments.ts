import { parseArgs } from "@std/cli";

/** What `deno task lab` is asked for. */
export interface LabArguments {
  /** Nodes run Pods. */
  readonly cluster: boolean;
  readonly nodes: number;
  readonly nodeKind: "auto" | "native" | "uml";
  /** Archives of images that every node gets. */
  readonly images: readonly string[];
}

/**
 * Reads `[--cluster [--image=FILE]…] [--nodes=N] [--uml | --native]`.
 *
 * @throws {Error} when something else is there
 */
export function parseLabArguments(args: readonly string[]): LabArguments {
  const { cluster, uml, native, nodes, image } = parseArgs([...args], {
    boolean: ["cluster", "uml", "native"],
    string: ["nodes", "image"],
    collect: ["image"],
    default: { nodes: "2" },
    unknown: (arg) => {
      throw new Error(`${arg}: deno task lab takes --cluster, --image=FILE, --nodes=N, --uml and --native`);
    },
  });
  if (uml && native) throw new Error("nodes are of one kind: --uml or --native");
  if (!/^[1-9]\d?$/.test(nodes)) throw new Error(`--nodes=${nodes}: expected a number from 1 to 99`);
  if (image.length > 0 && !cluster) throw new Error("--image: nodes have images with --cluster only");
  return { cluster, nodes: Number(nodes), nodeKind: uml ? "uml" : native ? "native" : "auto", images: image };
}
