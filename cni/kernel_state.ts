import { runIpBatch } from "../shared/host/ip_batch.ts";
import type { Run } from "../shared/host/run.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import { type KernelState, MAIN_TABLE } from "./plan_check.ts";
import * as z from "zod/mini";

const Link = z.object({
  ifname: z.string(),
  address: z.optional(z.string()),
  flags: z._default(z.array(z.string()), []),
  addr_info: z._default(z.array(z.object({ local: z.optional(z.string()), prefixlen: z.number() })), []),
});

const Route = z.object({
  dst: z.string(),
  gateway: z.optional(z.string()),
  dev: z.optional(z.string()),
  table: z.optional(z.string()),
});

const Rule = z.object({
  priority: z.number(),
  src: z.optional(z.string()),
  srclen: z.optional(z.number()),
  table: z.optional(z.string()),
});

/**
 * Reads links, addresses, routes of all tables and rules of a network namespace, with two commands.
 *
 * @throws {CommandError} when there is no such namespace
 */
export async function readKernelState(
  run: Run,
  { netns, signal }: { netns: string; signal: AbortSignal },
): Promise<KernelState> {
  const read = async (family: 4 | 6): Promise<unknown[]> => {
    const commands = [["addr", "show"], ["route", "show", "table", "all"], ["rule", "show"]];
    const stdout = await runIpBatch(run, family === 4 ? commands : commands.slice(1), {
      netns,
      family,
      json: true,
      numeric: true,
      signal,
    });
    return stdout.split("\n").filter((line) => line.trim() !== "").map((line) => JSON.parse(line));
  };
  const [[addresses, routes4, rules4], [routes6, rules6]] = await Promise.all([read(4), read(6)]);
  return {
    links: parse(z.array(Link), withoutBlanks([addresses]), "ip addr show").map(readLink),
    routes: [
      ...parse(z.array(Route), withoutBlanks([routes4]), "ip route show").map((route) => readRoute(route, 4)),
      ...parse(z.array(Route), withoutBlanks([routes6]), "ip -6 route show").map((route) => readRoute(route, 6)),
    ],
    rules: parse(z.array(Rule), withoutBlanks([rules4, rules6]), "ip rule show").flatMap(readRule),
  };
}

/** ip(8) prints empty objects for what it left out, and nothing at all for an empty table. */
function withoutBlanks(documents: readonly unknown[]): unknown[] {
  return documents.flat().filter((one) => typeof one === "object" && one !== null && Object.keys(one).length > 0);
}

function readLink({ ifname, address, flags, addr_info }: z.infer<typeof Link>): KernelState["links"][number] {
  const addresses = addr_info.flatMap(({ local, prefixlen }) => local === undefined ? [] : [`${local}/${prefixlen}`]);
  return { name: ifname, mac: address, up: flags.includes("UP"), addresses };
}

function readRoute({ dst, gateway, dev, table }: z.infer<typeof Route>, family: 4 | 6): KernelState["routes"][number] {
  const destination = dst === "default" ? (family === 4 ? "0.0.0.0/0" : "::/0") : withPrefix(dst);
  const number = table === undefined || Number(table) === MAIN_TABLE ? undefined : Number(table);
  return {
    destination,
    ...(gateway !== undefined && { gateway }),
    ...(dev !== undefined && { dev }),
    ...(number !== undefined && { table: number }),
  };
}

function readRule({ priority, src, srclen, table }: z.infer<typeof Rule>): KernelState["rules"][number][] {
  if (src === undefined || src === "all") return [];
  const from = srclen === undefined ? withPrefix(src) : `${src}/${srclen}`;
  return [{ from, table: Number(table), preference: priority }];
}

/** ip(8) leaves the prefix length of a single address out. */
function withPrefix(text: string): string {
  return text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`;
}
