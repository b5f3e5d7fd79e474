import { assert, assertEquals } from "@std/assert";
import { type Kind, RESOURCES } from "../../../shared/schema/resources.ts";
import type { Lab } from "../../support/lab/lab.ts";

const KINDS = Object.keys(RESOURCES) as Kind[];

/** kubectl knows every kind by its short names. */
export async function shortNames(lab: Lab): Promise<void> {
  for (const kind of KINDS) {
    for (const name of RESOURCES[kind].shortNames) {
      const printed = await lab.kubectl(["get", name, "-A", "-o", "jsonpath={.kind}"]);
      assertEquals(printed, "List", name);
    }
  }
  assert((await lab.kubectl(["get", "danm", "-A"])).includes("danmnet.danm.io/fixed"), "category danm");
}

/** kubectl get shows the columns that people look for. */
export async function columns(lab: Lab): Promise<void> {
  const heads: [kind: Kind, columns: string[]][] = [
    ["DanmNet", ["NAME", "TYPE", "DEVICE", "VLAN", "VXLAN", "CIDR", "NET6", "AGE"]],
    ["DanmIp", ["NAME", "ADDRESS", "KIND", "NETWORK", "NAMESPACE", "POD", "INTERFACE", "NODE", "AGE"]],
    ["DanmEp", ["NAME", "POD", "INTERFACE", "KIND", "NETWORK", "ADDRESS", "ADDRESSIPV6", "NODE", "AGE"]],
  ];
  for (const [kind, expected] of heads) {
    const printed = await lab.kubectl(["get", RESOURCES[kind].plural]);
    assertEquals(printed.split("\n")[0]?.trim().split(/\s+/), expected);
  }
}

/** kubectl explain knows the fields. */
export async function explained(lab: Lab): Promise<void> {
  const printed = await lab.kubectl(["explain", "clusternetwork.spec.Options"]);
  assert(printed.includes("Link of the host that interfaces are made on"), printed);
}
