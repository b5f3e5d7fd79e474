/**
 * Virtual functions on a node that has no such card: entries of sysfs, links that stand for functions which the kernel
 * drives, and a plugin `sriov` that moves these as the real one does and takes notes.
 */
import type { Node } from "../lab/node.ts";

/** PCI id of the card. */
const CARD = "0000:05:00.0";

/** A virtual function that the node is to have. */
export interface VirtualFunction {
  readonly id: string;
  /** None: nothing is bound to it. For `broken` the plugin fails. */
  readonly driver?: string;
  /** Name of a link of the node that stands for it; none with a userspace driver. */
  readonly link?: string;
}

/** A call of the plugin: which, and what it was told. */
export interface PluginCall {
  readonly command: string;
  readonly ifname: string;
  readonly conf: Record<string, unknown>;
}

/** One file for each call, in their order; ADD moves the function's link, DEL moves it back under its own name. */
const PLUGIN = `#!/bin/sh
set -e
conf=$(cat)
notes=$(dirname "$0")/notes
number=$(ls "$notes" | wc -l)
printf %s "$conf" >"$notes/$(printf %04d "$number")-$CNI_COMMAND-$CNI_IFNAME-$CNI_CONTAINERID.json"
device=$(printf %s "$conf" | sed -n 's/.*"deviceID":"\\([^"]*\\)".*/\\1/p')
directory=/sys/bus/pci/devices/$device
link=$(ls "$directory/net" 2>/dev/null || true)
case $CNI_COMMAND in
  ADD)
    if [ "$(basename "$(readlink "$directory/driver")")" = broken ]; then
      printf '{"cniVersion":"1.0.0","code":100,"msg":"%s is broken"}' "$device"
      exit 1
    fi
    if [ -n "$link" ]; then
      ip link set dev "$link" netns "$CNI_NETNS"
      nsenter --net="$CNI_NETNS" ip link set dev "$link" name "$CNI_IFNAME" up
    fi
    printf '{"cniVersion":"1.0.0","interfaces":[{"name":"%s","sandbox":"%s"}]}' "$CNI_IFNAME" "$CNI_NETNS"
    ;;
  DEL)
    if [ -n "$link" ] && nsenter --net="$CNI_NETNS" ip link show dev "$CNI_IFNAME" >/dev/null 2>&1; then
      nsenter --net="$CNI_NETNS" ip link set dev "$CNI_IFNAME" down
      nsenter --net="$CNI_NETNS" ip link set dev "$CNI_IFNAME" name "$link" netns $$
    fi
    ;;
esac
`;

/** A node with a card and the plugin. */
export class SriovNode {
  readonly node: Node;
  /** Directory of the plugin, for CNI_PATH. */
  readonly pluginDir: string;

  private constructor(node: Node, pluginDir: string) {
    this.node = node;
    this.pluginDir = pluginDir;
  }

  /**
   * Gives a node these functions in the place of whatever its sysfs has.
   *
   * @param options.dir a directory of the lab
   * @param options.plugins names under which the plugin is installed
   */
  static async prepare(
    node: Node,
    options: { dir: string; functions: readonly VirtualFunction[]; plugins: readonly string[] },
  ): Promise<SriovNode> {
    const pluginDir = `${options.dir}/${node.name}-sriov`;
    await Deno.mkdir(`${pluginDir}/notes`, { recursive: true });
    for (const name of options.plugins) await Deno.writeTextFile(`${pluginDir}/${name}`, PLUGIN, { mode: 0o755 });
    const script = [
      "set -e",
      "mount -t tmpfs tmpfs /sys/bus",
      `mkdir -p /sys/bus/pci/drivers /sys/bus/pci/devices/${CARD}`,
      "cd /sys/bus/pci/devices",
      ...options.functions.flatMap(renderFunction),
    ];
    await node.run(["sh", "-c", script.join("\n")]);
    return new SriovNode(node, pluginDir);
  }

  /** Writes the kubelet's checkpoint: devices by resource, by the UID of their Pod. */
  async writeCheckpoint(pods: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>): Promise<void> {
    const PodDeviceEntries = Object.entries(pods).flatMap(([PodUID, devices]) =>
      Object.entries(devices).map(([ResourceName, ids]) => ({
        PodUID,
        ContainerName: "main",
        ResourceName,
        DeviceIDs: { "-1": ids },
      }))
    );
    const stdin = JSON.stringify({ Data: { PodDeviceEntries, RegisteredDevices: {} }, Checksum: 0 });
    const directory = "/var/lib/kubelet/device-plugins";
    const script = `mkdir -p ${directory} && cat >${directory}/kubelet_internal_checkpoint`;
    await this.node.run(["sh", "-c", script], { stdin });
  }

  /** The calls for a sandbox, in their order. */
  calls({ containerID }: { containerID: string }): PluginCall[] {
    const notes = `${this.pluginDir}/notes`;
    const names = [...Deno.readDirSync(notes)].map(({ name }) => name).sort();
    return names.filter((name) => name.includes(containerID)).map((name) => {
      const [, command = "", ifname = ""] = name.split("-");
      return { command, ifname, conf: JSON.parse(Deno.readTextFileSync(`${notes}/${name}`)) };
    });
  }
}

function renderFunction({ id, driver, link }: VirtualFunction, index: number): string[] {
  return [
    `mkdir ${id}`,
    `ln -s ../${CARD} ${id}/physfn`,
    `ln -s ../${id} ${CARD}/virtfn${index}`,
    ...(driver === undefined ? [] : [`ln -s ../../drivers/${driver} ${id}/driver`]),
    ...(link === undefined ? [] : [
      `ip link add name ${link} type veth peer name p${link}`,
      `ip link set dev p${link} up`,
      `mkdir -p ${id}/net/${link}`,
      `cat /sys/class/net/${link}/address >${id}/net/${link}/address`,
      `echo 1500 >${id}/net/${link}/mtu`,
    ]),
  ];
}
