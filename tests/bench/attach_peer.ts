import { join, resolve } from "node:path";
import { messageOf } from "../../shared/errors.ts";
import { COUNTS, DANM, FLOOR } from "./attach_plugins.ts";
import {
  fillTemplate,
  parsePeerAnnotations,
  parsePeerConf,
  type PeerTemplate,
  type PeerValues,
} from "./attach_peer_template.ts";

/** Another meta-plugin that is measured beside ours: what its directory holds, read and checked. */
export interface Peer {
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
  readonly conf: PeerTemplate;
  /** Annotations of Pods by number of interfaces; undefined = one call makes one interface. */
  readonly annotations: PeerTemplate | undefined;
  /** Numbers of interfaces that it is measured with. */
  readonly counts: readonly number[];
  /** What is applied before, in this order. */
  readonly objects: readonly PeerTemplate[];
}

/** Fits into a cell of a table. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9 ._+-]{0,39}$/;

/** What is compared: these every peer has to make. */
const NEEDED_COUNTS = [1, 3];

/** What a node has of its own: it would not see a peer there. */
const PRIVATE_DIRS = ["/run/", "/var/lib/", "/var/log/", "/sys/"];

/** Stands for the lab while there is none yet: what is wrong with a peer is told before anything is started. */
const SAMPLE = { kubeconfig: "/sample/kubeconfig", master: "eth1", node: "node1" };

/**
 * Reads the peers of `--peer=NAME=DIR`; `docs/benchmarks.md` says what a directory holds.
 *
 * @throws {Error} naming the peer, the file, and what is wrong with it
 */
export async function readPeers(given: readonly string[]): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const text of given) {
    const [, name = "", dir = ""] = /^([^=]*)=(.+)$/s.exec(text) ?? [];
    if (!NAME.test(name)) {
      throw new Error(`--peer=${text}: must be NAME=DIR; a name is made of letters, digits, spaces and . _ + -`);
    }
    if ([DANM, FLOOR, ...peers.map((peer) => peer.name)].includes(name)) {
      throw new Error(`--peer=${text}: ${name} is measured already; give it another name`);
    }
    try {
      peers.push(await readPeer(name, resolve(dir)));
    } catch (cause) {
      throw new Error(`--peer=${text}: ${messageOf(cause)}`, { cause });
    }
  }
  return peers;
}

async function readPeer(name: string, path: string): Promise<Peer> {
  const directory = await Deno.realPath(path);
  const hidden = PRIVATE_DIRS.find((dir) => `${directory}/`.startsWith(dir));
  if (hidden) throw new Error(`a node has a ${hidden} of its own and would not see ${directory}; put it elsewhere`);
  const values = { ...SAMPLE, directory };
  const conf = await readTemplate(directory, "conf.json");
  if (!conf) throw new Error(`${directory} has no conf.json`);
  checkExecutable(directory, parsePeerConf(conf, { ...values, index: "0" }).type);
  const annotations = await readTemplate(directory, "annotations.json");
  const counts = annotations ? Object.keys(parsePeerAnnotations(annotations, values)).map(Number) : COUNTS;
  const missing = NEEDED_COUNTS.filter((count) => !counts.includes(count));
  if (missing.length > 0) throw new Error(`annotations.json: has nothing for ${missing.join(" and ")} interfaces`);
  return { name, directory, conf, annotations, counts, objects: await readObjects(directory, values) };
}

function checkExecutable(directory: string, type: string): void {
  const info = ifThere(() => Deno.statSync(join(directory, type)));
  if (info?.isFile && ((info.mode ?? 0) & 0o111) !== 0) return;
  throw new Error(`conf.json: type is ${JSON.stringify(type)}, but ${directory} has no executable of that name`);
}

async function readObjects(directory: string, values: PeerValues): Promise<PeerTemplate[]> {
  const entries = ifThere(() => [...Deno.readDirSync(join(directory, "objects"))]) ?? [];
  const objects: PeerTemplate[] = [];
  for (const name of entries.map((entry) => entry.name).toSorted()) {
    const file = `objects/${name}`;
    if (!/\.(json|ya?ml)$/.test(name)) throw new Error(`${file}: must be .json, .yaml or .yml`);
    const template = { file, text: await Deno.readTextFile(join(directory, file)) };
    fillTemplate(template, values);
    objects.push(template);
  }
  return objects;
}

async function readTemplate(directory: string, file: string): Promise<PeerTemplate | undefined> {
  const path = join(directory, file);
  return ifThere(() => Deno.statSync(path)) && { file, text: await Deno.readTextFile(path) };
}

function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
