/**
 * The messages of the kubelet's PodResources API, as far as devices go.
 *
 * @see https://github.com/kubernetes/kubelet/blob/v0.36.3/pkg/apis/podresources/v1/api.proto
 * @module
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** Devices of one resource that one container has; there may be several of these for one resource. */
export interface ContainerDevices {
  readonly resourceName: string;
  readonly deviceIDs: readonly string[];
}

/** What the kubelet says of one Pod. */
export interface PodResources {
  readonly name: string;
  readonly namespace: string;
  /** Of all its containers. */
  readonly devices: readonly ContainerDevices[];
}

/** `GetPodResourcesRequest`, encoded. */
export function encodeGetRequest(pod: { name: string; namespace: string }): Uint8Array {
  return new BinaryWriter()
    .tag(1, WireType.LengthDelimited).string(pod.name)
    .tag(2, WireType.LengthDelimited).string(pod.namespace)
    .finish();
}

/**
 * The Pods of a `ListPodResourcesResponse`. A `GetPodResourcesResponse` is the same with at most one.
 *
 * @throws {Error} when the bytes are no such message
 */
export function decodePods(bytes: Uint8Array): PodResources[] {
  const pods: PodResources[] = [];
  readFields(bytes, { 1: (pod) => pods.push(decodePod(pod.bytes())) });
  return pods;
}

function decodePod(bytes: Uint8Array): PodResources {
  let [name, namespace] = ["", ""];
  const devices: ContainerDevices[] = [];
  readFields(bytes, {
    1: (field) => name = field.string(),
    2: (field) => namespace = field.string(),
    3: (container) =>
      readFields(container.bytes(), { 2: (field) => devices.push(decodeContainerDevices(field.bytes())) }),
  });
  return { name, namespace, devices };
}

function decodeContainerDevices(bytes: Uint8Array): ContainerDevices {
  let resourceName = "";
  const deviceIDs: string[] = [];
  readFields(bytes, {
    1: (field) => resourceName = field.string(),
    2: (field) => deviceIDs.push(field.string()),
  });
  return { resourceName, deviceIDs };
}

/** Reads a message: hands the fields of these numbers to their readers and passes over all others. */
function readFields(bytes: Uint8Array, readers: Readonly<Record<number, (field: BinaryReader) => void>>): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const read = readers[number];
    if (read && wireType === WireType.LengthDelimited) read(reader);
    else reader.skip(wireType, number);
  }
  if (reader.pos > reader.len) throw new RangeError("the message is cut short");
}
