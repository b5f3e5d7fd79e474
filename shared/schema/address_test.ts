import { assertEquals, assertThrows } from "@std/assert";
import {
  AddressError,
  cidrContains,
  cidrEnd,
  cidrSize,
  formatAddress,
  formatCidr,
  parseAddress,
  parseCidr,
} from "./address.ts";

Deno.test("parseAddress reads what formatAddress writes in canonical form", async (t) => {
  const cases: [text: string, canonical: string, value: bigint][] = [
    ["0.0.0.0", "0.0.0.0", 0n],
    ["255.255.255.255", "255.255.255.255", 0xffffffffn],
    ["10.0.0.1", "10.0.0.1", 0x0a000001n],
    ["::", "::", 0n],
    ["::1", "::1", 1n],
    ["1::", "1::", 1n << 112n],
    ["2001:DB8::A", "2001:db8::a", 0x20010db800000000000000000000000an],
    ["2001:0db8:0000:0000:0000:0000:0000:000a", "2001:db8::a", 0x20010db800000000000000000000000an],
    ["64:ff9b::1.2.3.4", "64:ff9b::102:304", 0x0064ff9b000000000000000001020304n],
    ["::10.0.0.1", "::a00:1", 0x0a000001n],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", 0x00010002000300040005000600070000n],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", 0x20010db8000000010001000100010001n],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1", 0x20010000000000010000000000000001n],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", 0x20010db8000000000001000000000001n],
    ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", (1n << 128n) - 1n],
  ];
  for (const [text, canonical, value] of cases) {
    await t.step(text, () => {
      const address = parseAddress(text);
      assertEquals(address.value, value);
      assertEquals(formatAddress(address), canonical);
      assertEquals(parseAddress(canonical), address);
    });
  }
});

Deno.test("parseAddress refuses what somebody could read in another way", async (t) => {
  const cases: [text: string, reason: string][] = [
    ["", "is empty"],
    ["010.0.0.1", "leading zeros"],
    ["10.0.0.01", "leading zeros"],
    ["10.0.0.1234", "leading zeros or is too long"],
    ["10.1", "short forms"],
    ["167772161", "short forms"],
    ["10.0.0.256", "above 255"],
    ["0x0a.0.0.1", "is not an IP address"],
    ["10.0.0.1.", "is not an IP address"],
    ["10.0.0", "short forms"],
    [" 10.0.0.1", "is not an IP address"],
    ["10.0.0.1\n", "is not an IP address"],
    ["10.0.0.1/24", "is not an IP address"],
    ["dynamic", "is not an IP address"],
    ["fe80::1%eth0", "zones"],
    ["::ffff:10.0.0.1", "write it as IPv4"],
    ["::ffff:a00:1", "write it as IPv4"],
    ["64:ff9b::01.2.3.4", "is not an IPv6 address"],
    ["64:ff9b::1.2.3.256", "is not an IPv6 address"],
    ["1.2.3.4::", "is not an IPv6 address"],
    [":::", "is not an IPv6 address"],
    ["1::2::3", "is not an IPv6 address"],
    ["1:2:3:4:5:6:7", "is not an IPv6 address"],
    ["1:2:3:4:5:6:7:8:9", "is not an IPv6 address"],
    ["1:2:3:4:5:6:7:8::", "is not an IPv6 address"],
    ["12345::", "is not an IPv6 address"],
    ["[::1]", "is not an IPv6 address"],
    ["g::1", "is not an IPv6 address"],
    ["::1 ", "is not an IPv6 address"],
    [":1", "is not an IPv6 address"],
  ];
  for (const [text, reason] of cases) {
    await t.step(JSON.stringify(text), () => {
      const error = assertThrows(() => parseAddress(text), AddressError, reason);
      assertEquals(error.text, text);
    });
  }
});

Deno.test("parseCidr clears the host bits and keeps what was written", async (t) => {
  const cases: [text: string, canonical: string, host: string, size: bigint, end: string][] = [
    ["10.0.0.17/24", "10.0.0.0/24", "10.0.0.17", 256n, "10.0.0.255"],
    ["10.0.0.17/32", "10.0.0.17/32", "10.0.0.17", 1n, "10.0.0.17"],
    ["10.0.0.17/31", "10.0.0.16/31", "10.0.0.17", 2n, "10.0.0.17"],
    ["1.2.3.4/0", "0.0.0.0/0", "1.2.3.4", 1n << 32n, "255.255.255.255"],
    ["2001:db8::1/64", "2001:db8::/64", "2001:db8::1", 1n << 64n, "2001:db8::ffff:ffff:ffff:ffff"],
    ["2001:db8::1/127", "2001:db8::/127", "2001:db8::1", 2n, "2001:db8::1"],
    ["::/0", "::/0", "::", 1n << 128n, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ];
  for (const [text, canonical, host, size, end] of cases) {
    await t.step(text, () => {
      const cidr = parseCidr(text);
      assertEquals(formatCidr(cidr), canonical);
      assertEquals(formatAddress({ family: cidr.family, value: cidr.host }), host);
      assertEquals(cidrSize(cidr), size);
      assertEquals(formatAddress({ family: cidr.family, value: cidrEnd(cidr) }), end);
    });
  }
});

Deno.test("parseCidr refuses what is not a subnet, naming the whole text", async (t) => {
  const cases: [text: string, reason: string][] = [
    ["10.0.0.0", "prefix length is missing"],
    ["10.0.0.0/", "from 0 to 32"],
    ["10.0.0.0/33", "from 0 to 32"],
    ["10.0.0.0/024", "from 0 to 32"],
    ["10.0.0.0/-1", "from 0 to 32"],
    ["10.0.0.0/24/24", "from 0 to 32"],
    ["10.0.0.0/255.255.255.0", "from 0 to 32"],
    ["2001:db8::/129", "from 0 to 128"],
    ["010.0.0.0/24", "is not a subnet"],
    ["::ffff:10.0.0.0/120", "write it as IPv4"],
    ["fe80::1%eth0/64", "zones"],
    ["/24", "is empty"],
  ];
  for (const [text, reason] of cases) {
    await t.step(text, () => {
      const error = assertThrows(() => parseCidr(text), AddressError, reason);
      assertEquals(error.text, text);
    });
  }
});

Deno.test("cidrContains knows the edges and the families", () => {
  const subnet = parseCidr("10.0.0.0/24");
  const inside = ["10.0.0.0", "10.0.0.255"].map((text) => cidrContains(subnet, parseAddress(text)));
  const outside = ["9.255.255.255", "10.0.1.0", "::a00:1"].map((text) => cidrContains(subnet, parseAddress(text)));
  assertEquals([inside, outside], [[true, true], [false, false, false]]);
});
