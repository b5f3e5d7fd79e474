/** The node-local records of a plugin, as files: what a test looks at, and makes older than they are. */
import { IPAM_STATE_DIR, STATE_DIR } from "../danm_lab.ts";
import type { Node } from "../lab/node.ts";

/** A record's file and content, as far as tests need it. */
export interface RecordOnDisk {
  readonly path: string;
  readonly state: string;
  readonly containerID: string;
  readonly objects: readonly { kind: string; name: string; unsettledAt?: number }[];
}

/** All records of a node, of all our plugins. */
export async function readRecords(node: Node): Promise<RecordOnDisk[]> {
  const found = await node.run(["find", STATE_DIR, IPAM_STATE_DIR, "-maxdepth", "1", "-type", "f"], { check: false });
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
  await rewrite(node, (record) => {
    for (const object of record.objects) {
      if (object.unsettledAt !== undefined) object.unsettledAt -= seconds;
    }
  });
}

/** Makes the ADDs that all records are of begin earlier by that many seconds. */
export async function ageStarts(node: Node, seconds: number): Promise<void> {
  await rewrite(node, (record) => void (record.startedAt -= seconds));
}

interface Ageing {
  startedAt: number;
  readonly objects: { unsettledAt?: number }[];
}

async function rewrite(node: Node, change: (record: Ageing) => void): Promise<void> {
  for (const { path } of await readRecords(node)) {
    const record = JSON.parse((await node.run(["cat", path])).stdout);
    change(record);
    await node.run(["tee", path], { stdin: JSON.stringify(record) });
  }
}
