import type { CreateOutcome, ObjectStore } from "../../../ipam/object_store.ts";
import type { ListedObject, StoredObject } from "../../../ipam/stored_object.ts";
import type { ObjectRef } from "../../../ipam/ledger.ts";
import { apiError } from "../../../shared/kube/api_error.ts";
import type { DanmEpSpec } from "../../../shared/schema/danm_ep.ts";
import { danmIpName, type DanmIpSpec } from "../../../shared/schema/danm_ip.ts";

/** An object in memory: what was asked for, and what the server made of it. */
export interface MemoryObject {
  readonly ref: ObjectRef;
  readonly spec: object;
  readonly stored: StoredObject;
}

/** Addresses that a store has held by somebody else for ever, however many, without an object for each. */
export interface PresetAddresses {
  /** Whether the DanmIp of that name is one of them. */
  has(name: string): boolean;
  /** Those of a space, in canonical form. */
  list(space: string): readonly string[];
}

const NO_PRESETS: PresetAddresses = { has: () => false, list: () => [] };

/** An {@linkcode ObjectStore} in memory; it passes the same contract as the real one. Everything is done at once. */
export class MemoryObjectStore implements ObjectStore {
  readonly #objects = new Map<string, MemoryObject>();
  readonly #presets: PresetAddresses;
  #version = 0;

  constructor(presets: PresetAddresses = NO_PRESETS) {
    this.#presets = presets;
  }

  /** Whether somebody holds the address of that DanmIp. */
  isHeld(name: string): boolean {
    return this.#presets.has(name) || this.#objects.has(keyOf({ kind: "DanmIp", name }));
  }

  /** All objects, oldest first. */
  get objects(): readonly MemoryObject[] {
    return [...this.#objects.values()];
  }

  // deno-lint-ignore require-await
  async create(ref: ObjectRef, spec: object, signal: AbortSignal): Promise<CreateOutcome> {
    signal.throwIfAborted();
    const why = wrongName(ref, spec);
    if (why !== undefined) {
      const failure = {
        verb: "POST",
        path: ref.name,
        status: 422,
        reason: "Invalid",
        text: why,
        effect: "none",
      } as const;
      return { kind: "refused", error: apiError(failure) };
    }
    if (this.#objects.has(keyOf(ref)) || this.#isPreset(ref)) return { kind: "exists" };
    const version = ++this.#version;
    const stored: StoredObject = {
      uid: `uid-${version}`,
      resourceVersion: String(version),
      createdAt: "2026-01-01T00:00:00Z",
      ...ownerOf(ref, spec),
    };
    this.#objects.set(keyOf(ref), { ref, spec, stored });
    return { kind: "created", uid: stored.uid };
  }

  // deno-lint-ignore require-await
  async find(ref: ObjectRef, signal: AbortSignal): Promise<StoredObject | undefined> {
    signal.throwIfAborted();
    return this.#isPreset(ref) ? PRESET : this.#objects.get(keyOf(ref))?.stored;
  }

  #isPreset({ kind, name }: ObjectRef): boolean {
    return kind === "DanmIp" && this.#presets.has(name);
  }

  // deno-lint-ignore require-await
  async remove(
    ref: ObjectRef,
    options: { uid: string; resourceVersion?: string; signal: AbortSignal },
  ): Promise<boolean> {
    options.signal.throwIfAborted();
    const found = this.#objects.get(keyOf(ref))?.stored;
    if (found?.uid !== options.uid) return false;
    if (options.resourceVersion !== undefined && found.resourceVersion !== options.resourceVersion) return false;
    return this.#objects.delete(keyOf(ref));
  }

  // deno-lint-ignore require-await
  async listAddresses(space: string, signal: AbortSignal): Promise<string[]> {
    signal.throwIfAborted();
    const made = this.objects.filter(({ ref }) => ref.kind === "DanmIp").map(({ spec }) => spec as DanmIpSpec)
      .filter((spec) => spec.space === space).map(({ address }) => address);
    return [...this.#presets.list(space), ...made];
  }

  // deno-lint-ignore require-await
  async listOwned(
    sandbox: { containerID: string; podNamespace: string | undefined },
    signal: AbortSignal,
  ): Promise<ListedObject[]> {
    signal.throwIfAborted();
    const own = this.objects.filter(({ stored }) => stored.containerID === sandbox.containerID);
    const addresses = own.filter(({ ref }) => ref.kind === "DanmIp");
    const { podNamespace } = sandbox;
    const namespaces = podNamespace === undefined ? addresses.map(({ stored }) => stored.podNamespace) : [podNamespace];
    const endpoints = own.filter(({ ref }) => ref.kind === "DanmEp" && namespaces.includes(ref.namespace ?? ""));
    return [...addresses, ...endpoints].map(({ ref, spec, stored: { uid, podUID, interface: ifname } }) => {
      const { kind, namespace, name } = ref;
      const plugin = kind === "DanmIp" ? (spec as DanmIpSpec).plugin : undefined;
      const netns = kind === "DanmEp" ? (spec as DanmEpSpec).netns : undefined;
      return { kind, namespace, name, interface: ifname, uid, podUID, plugin, netns };
    });
  }
}

const PRESET: StoredObject = {
  uid: "preset",
  resourceVersion: "0",
  createdAt: "2026-01-01T00:00:00Z",
  containerID: "preset",
  interface: "eth0",
  podUID: "preset",
  podNamespace: "default",
  podName: "preset",
  node: "elsewhere",
};

function keyOf({ kind, namespace, name }: ObjectRef): string {
  return `${kind}/${namespace ?? ""}/${name}`;
}

/** As the CRD's rule has it: the name of a DanmIp is made of its address and space. */
function wrongName(ref: ObjectRef, spec: object): string | undefined {
  if (ref.kind !== "DanmIp") return undefined;
  const { address, space } = spec as DanmIpSpec;
  return danmIpName(address, space) === ref.name ? undefined : "metadata.name must be that of address and space";
}

function ownerOf(ref: ObjectRef, spec: object): Omit<StoredObject, "uid" | "resourceVersion" | "createdAt"> {
  if (ref.kind === "DanmIp") {
    const { containerID, interface: ifname, podUID, podNamespace, podName, node, address } = spec as DanmIpSpec;
    return { containerID, interface: ifname, podUID, podNamespace, podName, node, address };
  }
  const { CID = "", Interface, PodUID = "", Pod = "", Host = "" } = spec as DanmEpSpec;
  return {
    containerID: CID,
    interface: Interface.Name,
    podUID: PodUID,
    podNamespace: ref.namespace ?? "",
    podName: Pod,
    node: Host,
  };
}
