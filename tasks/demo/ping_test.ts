import { assertEquals } from "@std/assert";
import { type Member, parsePing, planPings } from "./ping.ts";

function member(pod: string, node: string, network: string, ...addresses: string[]): Member {
  return { pod, node, network, interface: "eth0", addresses };
}

Deno.test("planPings pings across nodes only, within a network, in the families that both have", () => {
  const pings = planPings([
    member("a", "node1", "net", "10.0.0.1", "fd00::1"),
    member("a", "node1", "other", "10.1.0.1"),
    member("b", "node1", "net", "10.0.0.2"),
    member("c", "node2", "net", "10.0.0.3", "fd00::3"),
    member("d", "node2", "empty"),
  ]);
  assertEquals(
    pings.map(({ network, from, to, target }) => [network, from.pod, to.pod, target]),
    [
      ["net", "a", "c", "10.0.0.3"],
      ["net", "a", "c", "fd00::3"],
      ["net", "b", "c", "10.0.0.3"],
    ],
  );
});

Deno.test("parsePing reads the average round trip, and knows when there was none", () => {
  const head = "PING 10.0.0.3 (10.0.0.3) from 10.0.0.1 eth0: 56(84) bytes of data.\n";
  const answered = `${head}64 bytes from 10.0.0.3: icmp_seq=1 ttl=64 time=0.31 ms\n
--- 10.0.0.3 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = 0.201/0.314/0.427/0.092 ms\n`;
  assertEquals(parsePing(answered), {
    ms: 0.314,
    said: "1 packets transmitted, 1 received, 0% packet loss, time 0ms",
  });
  const lost =
    `${head}\n--- 10.0.0.3 ping statistics ---\n3 packets transmitted, 0 received, 100% packet loss, time 4ms\n`;
  assertEquals(parsePing(lost).ms, undefined);
  assertEquals(parsePing("ping: connect: Network is unreachable\n"), {
    ms: undefined,
    said: "ping: connect: Network is unreachable",
  });
});
