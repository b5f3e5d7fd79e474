/** Messages of the kubelet's gRPC APIs, written by hand as its `.proto` files have them. */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** A text or an encoded message in a field of that number. */
export type Field = readonly [number: number, value: string | Uint8Array];

/** A protobuf message of these fields. */
export function encodeMessage(...fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  for (const [number, value] of fields) {
    writer.tag(number, WireType.LengthDelimited);
    if (typeof value === "string") writer.string(value);
    else writer.bytes(value);
  }
  return writer.finish();
}

/** The fields of that number in a protobuf message that has texts and messages only. */
export function fieldsOf(message: Uint8Array, wanted: number): Uint8Array[] {
  const reader = new BinaryReader(message);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === wanted) found.push(reader.bytes());
    else reader.skip(wireType, number);
  }
  return found;
}

/** A `PodResources` message: for each container pairs of resource and device ids. */
export function podMessage(
  namespace: string,
  name: string,
  containers: readonly (readonly (readonly [resource: string, ids: readonly string[]])[])[],
): Uint8Array<ArrayBuffer> {
  return encodeMessage(
    [1, name],
    [2, namespace],
    ...containers.map((devices, index): Field => [
      3,
      encodeMessage(
        [1, `container${index}`],
        ...devices.map(([resource, ids]): Field => [
          2,
          // The third field is the device's NUMA node, which nobody here reads.
          encodeMessage([1, resource], ...ids.map((id): Field => [2, id]), [3, encodeMessage([1, ""])]),
        ]),
      ),
    ]),
  );
}
