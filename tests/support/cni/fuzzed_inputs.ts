/** What users, administrators and delegates give to an ADD, some of it odd: the inputs of its fuzzing. */
import { Chance, mutatedJson } from "../odd_json.ts";

/** All of one ADD. */
export interface FuzzedInput {
  /** Annotations of the Pod. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Network objects and definitions as JSON, by the last part of their path. */
  readonly objects: Readonly<Record<string, string>>;
  /** Files of `cniDir`, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** What a delegate does at ADD. */
  answer(call: { ifname: string; netns: string }): DelegateBehaviour;
}

/** What a delegate does: whether it makes the link, what it prints, and whether it fails. */
export interface DelegateBehaviour {
  readonly makesLink: boolean;
  readonly prints: string;
  readonly fails: boolean;
}

/** The host's only device. */
export const DEVICE = "eth1";

const INTERFACES = [
  {
    network: "mac",
    ip: "dynamic",
    ip6: "dynamic",
    proutes: { "10.8.0.0/16": "10.0.0.2" },
    proutes6: { "2001:db8:8::/48": "2001:db8::2" },
  },
  { clusterNetwork: "ipv", ip: "10.1.0.9" },
  { tenantNetwork: "static" },
];

const NADS = [{
  name: "nad",
  namespace: "default",
  interface: "x1",
  mac: "02:00:00:00:00:07",
  ips: ["10.3.0.7/24"],
  "cni-args": { a: 1 },
  portMappings: [{ hostPort: 80, containerPort: 80, protocol: "tcp" }],
  bandwidth: { ingressRate: 1000, ingressBurst: 1000 },
  "default-route": ["10.3.0.1"],
}];

const SHORT_NADS = ["nad", "default/nad@x1", "nad,nad@x2", "nad@", "/", "@", ",", "a/b/c", "nad@lo", " nad , nad "];

const NETWORKS = {
  mac: {
    spec: {
      NetworkID: "mac",
      NetworkType: "macvlan",
      Options: {
        host_device: DEVICE,
        cidr: "10.0.0.0/24",
        allocation_pool: { start: "10.0.0.10", end: "10.0.0.20" },
        net6: "2001:db8::/64",
        routes: { "0.0.0.0/0": "10.0.0.1" },
        routes6: { "::/0": "2001:db8::1" },
        rt_tables: 150,
        container_prefix: "net",
        mtu: 1400,
      },
    },
  },
  ipv: { spec: { NetworkID: "ipv", NetworkType: "ipvlan", Options: { host_device: DEVICE, cidr: "10.1.0.0/24" } } },
  static: { spec: { NetworkID: "static", NetworkType: "bridge", Options: { cidr: "10.2.0.0/24" } } },
};

const DELEGATE = {
  cniVersion: "1.0.0",
  name: "static",
  plugins: [
    { type: "bridge", bridge: "br0", ipam: { type: "host-local", subnet: "10.2.0.0/24" }, capabilities: { ips: true } },
    { type: "tuning", sysctl: { "net.core.somaxconn": "500" } },
  ],
  disableCheck: false,
};
const NAD_CONFIG = { cniVersion: "0.4.0", name: "nad", type: "bridge", ipam: { type: "host-local" } };

/** What networks, above all, are wrong with. */
const ODD_NETWORK = [
  ...['"macvlan"', '"ipvlan"', '"bridge"', '"host-local"', '"danm"', '"../x"', '"sriov"', '"a b"', '"mac"', '"static"'],
  ...['"10.0.0.0/33"', '"10.0.0.9/24"', '"::/0"', '"0.0.0.0/0"', '"224.0.0.0/4"', '"2001:db8::/127"', '"010.0.0.0/24"'],
  ...["0", "-1", "1.5", "4095", "70000", "null", "{}", "[]", '""', '"eth0;reboot"', '"-x"', "true", '["a"]'],
  ...['{"start":"10.0.0.20","end":"10.0.0.10"}', '{"10.0.0.0/8":"x"}', '{"x":"10.0.0.1"}', `"${"y".repeat(400)}"`],
];

/** Makes the input of a seed. Most seeds mutate one part, so that what comes after it is reached. */
export function fuzzedInput(seed: number): FuzzedInput {
  const chance = new Chance(seed);
  const part = chance.below(7);
  const rate = chance.one([0.02, 0.05, 0.2, 0.5]);
  const mutate = (value: unknown, which: number, odd?: readonly string[]): string =>
    mutatedJson(chance, value, {
      rate: part === which || part === 6 ? rate / (part === 6 ? 10 : 1) : 0,
      ...(odd && { odd }),
    });
  const nads = chance.random() < 0.3 ? chance.one(SHORT_NADS) : cut(chance, mutate(NADS, 1));
  const config = mutate(NAD_CONFIG, 2);
  const networks = Object.entries(NETWORKS).map(([name, { spec }]) => {
    const odd = chance.random() < 0.8 ? ODD_NETWORK : undefined;
    return [name, mutate({ metadata: { name, namespace: "default" }, spec }, 3, odd)] as const;
  });
  return {
    annotations: {
      "danm.io/interfaces": part === 0 ? cut(chance, mutate(INTERFACES, 0)) : JSON.stringify(INTERFACES),
      ...(part === 1 || part === 2 || chance.random() < 0.2 ? { "k8s.v1.cni.cncf.io/networks": nads } : {}),
    },
    objects: {
      ...Object.fromEntries(networks),
      nad: JSON.stringify({ metadata: { name: "nad", namespace: "default" }, spec: { config } }),
    },
    files: { "static.conflist": part === 4 ? cut(chance, mutate(DELEGATE, 4)) : JSON.stringify(DELEGATE) },
    answer: (call) => behave(chance, { ...call, rate: part === 5 ? rate : 0 }),
  };
}

/** Now and then half a text. */
function cut(chance: Chance, text: string): string {
  return chance.random() < 0.05 ? text.slice(0, chance.below(text.length)) : text;
}

function behave(chance: Chance, at: { ifname: string; netns: string; rate: number }): DelegateBehaviour {
  const { ifname, netns, rate } = at;
  const result = {
    cniVersion: "1.0.0",
    interfaces: [{ name: "veth0" }, { name: ifname, sandbox: netns, mac: "02:00:00:00:00:02" }],
    ips: [{ address: "10.2.0.5/24", gateway: "10.2.0.1", interface: 1 }],
    routes: [{ dst: "0.0.0.0/0" }],
    dns: { nameservers: ["10.2.0.1"] },
  };
  const prints = mutatedJson(chance, result, { rate });
  if (rate === 0) return { makesLink: true, prints, fails: false };
  const odd = chance.one([
    "",
    " ",
    "null",
    "[]",
    "ok\n",
    prints + prints,
    '{"code":7}',
    '{"code":"x","msg":1}',
    "\u0000",
  ]);
  return {
    makesLink: chance.random() < 0.9,
    prints: chance.random() < 0.2 ? odd : prints,
    fails: chance.random() < 0.1,
  };
}
