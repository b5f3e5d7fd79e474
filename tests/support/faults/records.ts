/** The node-local records of a plugin, as files: what a test looks at, and makes older than they are. */
import { STATE_DIR } from "../danm_lab.ts";
import type { Node } from "../lab/node.ts";

/** A record's file and content, as far as tests need it. */
export interface RecordOnDisk {
  readonly path: string;
  readonly state: string;
  readonly containerID: string;
  readonly objects: readonly { kind: string; name: string; unsettledAt?: number }[];
}

/** All records of a node. */
export async function readRecords(node: Node): Promise<RecordOnDisk[]> {
  const found = await node.run(["find", STATE_DIR, "-maxdepth", "1", "-type", "f"], { check: false });
  const paths = found.stdout.split("\n").filter((path) => path !== "").sort();
  return await Promise.all(paths.map(async (path) => {
    const { state, containerID, objects } = JSON.parse((await node.run(["cat", path])).stdout);
    return { path, state, containerID, objects };
  }));
}

/**
 * Makes the doubts of all records older by that many seconds, as if so much time had passed. Nothing is lost of what the
 * product knows: the file says when a request was sent, and the test says that it was earlier.
 */
export async function ageDoubts(node: Node, seconds: number): Promise<void> {
  for (const { path } of await readRecords(node)) {
    const record = JSON.parse((await node.run(["cat", path])).stdout);
    for (const object of record.objects) {
      if (object.unsettledAt !== undefined) object.unsettledAt -= seconds;
    }
    await node.run(["tee", path], { stdin: JSON.stringify(record) });
  }
}
