/** Results that plugins print, though the specification has a better form of them. */

/** What a delegate prints, and what danm answers of it. */
export interface OddResult {
  readonly result: object;
  readonly ips: readonly object[];
  /** Names of the interfaces that follow our own. */
  readonly others: readonly string[];
}

const DNS = { nameservers: ["192.0.2.53"] };
/** Each is for an eth0, whose result comes first in ours. */
export const ODD_RESULTS: readonly OddResult[] = [
  {
    result: { cniVersion: "0.2.0", ip4: { ip: "192.0.2.7/24", gateway: "192.0.2.1" }, dns: DNS },
    ips: [{ address: "192.0.2.7/24", gateway: "192.0.2.1", interface: 0 }],
    others: [],
  },
  {
    result: {
      cniVersion: "0.3.1",
      interfaces: [{ name: "host7" }, { name: "eth0", sandbox: "/elsewhere" }, { name: "x0", sandbox: "/elsewhere" }],
      ips: [
        { version: "4", address: "192.0.2.7/24", interface: 1 },
        { version: "4", address: "192.0.2.8/24", interface: 2 },
        { version: "4", address: "192.0.2.9/24", gateway: "192.0.2.2", interface: 9 },
      ],
    },
    ips: [
      { address: "192.0.2.7/24", interface: 0 },
      { address: "192.0.2.9/24", gateway: "192.0.2.2", interface: 0 },
    ],
    others: ["host7", "x0"],
  },
  {
    result: { interfaces: [{ name: "cali7" }], ips: [{ address: "192.0.2.7/32", interface: 0 }], dns: DNS },
    ips: [{ address: "192.0.2.7/32", interface: 0 }],
    others: ["cali7"],
  },
  {
    result: { interfaces: [{ name: "eth0" }], ips: [{ address: "192.0.2.7/24", interface: 0 }] },
    ips: [{ address: "192.0.2.7/24", interface: 0 }],
    others: [],
  },
];
