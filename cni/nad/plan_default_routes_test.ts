import { assertEquals, assertThrows } from "@std/assert";
import type { CniRoute } from "../../shared/cni/cni_result.ts";
import { parseNetwork } from "../../shared/schema/network.ts";
import { messageOf } from "../../shared/errors.ts";
import { type Configured, parseGiven, routesOf } from "../render_configuration.ts";
import { planDefaultRoutes } from "./plan_default_routes.ts";

const V4 = "10.0.0.5/24";
const V6 = "fd00::5/64";

interface One {
  /** Of a network of ours. */
  readonly own?: readonly string[];
  /** What the plugins say that they set. */
  readonly told?: readonly CniRoute[];
  /** `default-route`. */
  readonly asks?: readonly string[];
  readonly addresses?: readonly string[];
}

const family = (text: string): 4 | 6 => text.includes(":") ? 6 : 4;
const everything = (gateway: string): string => family(gateway) === 6 ? "::/0" : "0.0.0.0/0";
const told = (...gateways: string[]): CniRoute[] => gateways.map((gw) => ({ dst: everything(gw), gw }));

function configured(ones: readonly One[]): Configured[] {
  const network = parseNetwork("DanmNet", { metadata: { name: "n", namespace: "a" }, spec: { NetworkID: "n" } });
  return ones.map(({ own, told, asks, addresses = [V4, V6] }, index) => ({
    attachment: {
      interface: `i${index}`,
      network,
      subject: `S${index}`,
      backend: own && !told ? "ipvlan" : "static",
      ...(!own && { nad: { args: "", capabilityArgs: {}, defaultRoute: asks } }),
      addresses: [],
      routes: [...own ?? [], ...asks ?? []].map((gateway) => ({
        family: family(gateway),
        destination: everything(gateway),
        gateway,
      })),
      warnings: [],
    },
    addresses: addresses.map(parseGiven),
    ...((told || !own) && { result: { routes: told ?? [] } }),
  }));
}

/** What is set and what is taken back, by interface. */
function changes(ones: readonly One[]): string[] {
  return planDefaultRoutes(configured(ones)).map((one) => {
    const set = routesOf(one).map(({ gateway }) => `+${gateway}`);
    const kept = one.result?.routes?.map(({ gw }) => `=${gw}`) ?? [];
    const taken = one.noDefaultRoute?.map((each) => `-v${each}`) ?? [];
    return [...taken, ...set, ...kept].join(" ");
  });
}

Deno.test("each family's default route is one interface's", async (t) => {
  const cases: { name: string; ones: One[]; changes: string[] }[] = [
    {
      name: "of our networks alone nothing is taken back",
      ones: [{ own: ["10.0.0.1"] }, { own: ["10.0.0.2"], told: told("10.0.0.3") }],
      changes: ["+10.0.0.1", "+10.0.0.2 =10.0.0.3"],
    },
    {
      name: "our network's comes before those of plugins",
      ones: [{ own: ["10.0.0.1"] }, { told: told("10.0.0.2", "fd00::2") }, {}],
      changes: ["+10.0.0.1", "-v4 =fd00::2", ""],
    },
    {
      name: "one of our network that is not set counts for nothing",
      ones: [{ own: ["fd00::1"], addresses: [V4] }, { told: told("fd00::2") }],
      changes: ["", "=fd00::2"],
    },
    {
      name: "of several the first, which is set once more",
      ones: [{ own: [] }, { told: told("10.0.0.2") }, { told: told("10.0.0.3") }],
      changes: ["", "+10.0.0.2 =10.0.0.2", "-v4"],
    },
    {
      name: "one of a priority of its own stays as it is",
      ones: [{ own: [] }, { told: [{ dst: "0.0.0.0/0", gw: "10.0.0.2", priority: 50 }] }, { told: told("10.0.0.3") }],
      changes: ["", "=10.0.0.2", "-v4"],
    },
    {
      name: "one in another table is not the Pod's",
      ones: [{ own: ["10.0.0.1"] }, { told: [{ dst: "0.0.0.0/0", gw: "10.0.0.2", table: 100 }] }],
      changes: ["+10.0.0.1", "=10.0.0.2"],
    },
    {
      name: "a gateway that the Pod names, of one family",
      ones: [{ own: ["10.0.0.1", "fd00::1"] }, { told: told("10.0.0.2") }, {
        told: told("10.0.0.3"),
        asks: ["10.0.0.9"],
      }],
      changes: ["+fd00::1", "-v4", "-v4 +10.0.0.9"],
    },
    {
      name: "gateways of both families, of two interfaces; even what plugins do not tell is taken back",
      ones: [{ own: ["10.0.0.1", "fd00::1"] }, { asks: ["10.0.0.9"] }, { asks: ["fd00::9"] }, {}],
      changes: ["", "-v4 -v6 +10.0.0.9", "-v4 -v6 +fd00::9", "-v4 -v6"],
    },
    {
      name: "no gateway: what the plugins set",
      ones: [{ own: ["10.0.0.1", "fd00::1"] }, { told: told("10.0.0.2"), asks: [] }],
      changes: ["+fd00::1", "+10.0.0.2 =10.0.0.2"],
    },
    {
      name: "no gateway, and the plugins set none",
      ones: [{ own: ["10.0.0.1"] }, { asks: [] }],
      changes: ["+10.0.0.1", ""],
    },
    {
      name: "without addresses there is nothing to take back",
      ones: [{ own: ["10.0.0.1"] }, { asks: ["10.0.0.9"] }, { addresses: [] }],
      changes: ["", "-v4 +10.0.0.9", ""],
    },
  ];
  for (const { name, ones, changes: expected } of cases) {
    await t.step(name, () => assertEquals(changes(ones), expected));
  }
});

Deno.test("default-route cannot be asked for twice, or without an address", () => {
  const says = (ones: One[]): string => messageOf(assertThrows(() => changes(ones), AggregateError));
  assertEquals(
    says([{ own: [] }, { asks: ["10.0.0.8"] }, { asks: [], told: told("10.0.0.9") }]),
    "the default route of IPv4 is asked for by i1 on S1 and i2 on S2",
  );
  assertEquals(
    says([{ own: [] }, { asks: ["fd00::9"], addresses: [V4] }]),
    "i1 on S1: default-route names an IPv6 gateway, but the interface has no IPv6 address",
  );
});
