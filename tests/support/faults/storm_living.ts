import { assertEquals } from "@std/assert";
import type { AddResult, DanmLab } from "../danm_lab.ts";
import type { StormSandbox } from "./storm_calls.ts";

/** Which sandbox holds which address: from the answer to its ADD until its DEL is called, or its Pod's next ADD. */
export class Living {
  readonly #holders = new Map<string, StormSandbox>();
  /** The most IPv4 addresses that were held at once by sandboxes that live. */
  peak = 0;

  /**
   * A sandbox has been attached.
   *
   * @throws {AssertionError} when somebody who lives has one of its addresses, or some are missing
   */
  begin(sandbox: StormSandbox, { ips }: AddResult): void {
    const { plan: { name, interfaces } } = sandbox;
    const addresses = ips.map(({ address }) => address.slice(0, address.indexOf("/")));
    const asked = interfaces.flatMap(({ ip, ip6 }) => ip6 ? [ip, ip6] : [ip]);
    assertEquals(addresses.length, asked.length, `${name}: ${addresses.join(", ")}`);
    const wanted = asked.filter((text) => text !== "dynamic");
    assertEquals(wanted.filter((text) => !addresses.includes(text)), [], `${name}: addresses that it asked for`);
    for (const address of addresses) {
      const other = this.#holders.get(address);
      assertEquals(other?.plan.name, undefined, `${address} was given to ${name}, too`);
      this.#holders.set(address, sandbox);
    }
    const held = [...this.#holders.keys()].filter((address) => !address.includes(":"));
    this.peak = Math.max(this.peak, held.length);
  }

  /** A sandbox is about to be detached, or superseded; gives the addresses that it had. */
  end(sandbox: StormSandbox): string[] {
    const addresses = [...this.#holders].filter(([, holder]) => holder === sandbox).map(([address]) => address);
    for (const address of addresses) this.#holders.delete(address);
    return addresses;
  }

  /**
   * Checks that all who lived while the API server was asked hold what they were given there.
   *
   * @returns how many IPv4 addresses the API server says are held, by whomever
   */
  async check(danm: DanmLab): Promise<number> {
    const before = [...this.#holders];
    const { items } = JSON.parse(await danm.lab.kubectl(["get", "danmips", "-o", "json"]));
    const specs: { address: string; containerID: string }[] = items.map(({ spec }: { spec: unknown }) => spec);
    const stored = new Map(specs.map(({ address, containerID }) => [address, containerID]));
    const wrong = before.filter(([address, holder]) =>
      this.#holders.get(address) === holder && stored.get(address) !== holder.containerID
    );
    assertEquals(wrong.map(([address, { plan }]) => `${plan.name} ${address}`), [], "given, and not held");
    return specs.filter(({ address }) => !address.includes(":")).length;
  }
}
