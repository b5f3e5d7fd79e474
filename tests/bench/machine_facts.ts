/** What the figures were measured on, for whoever compares them. */
export async function machineFacts(): Promise<[string, string][]> {
  const cpuinfo = await Deno.readTextFile("/proc/cpuinfo");
  const meminfo = await Deno.readTextFile("/proc/meminfo");
  const memoryKb = Number(/^MemTotal:\s+(\d+) kB$/m.exec(meminfo)?.[1] ?? 0);
  return [
    ["processor", /^model name\s*: (.*)$/m.exec(cpuinfo)?.[1] ?? "unknown"],
    ["cores", String(navigator.hardwareConcurrency)],
    ["memory", `${Math.round(memoryKb / 1024 / 1024)} GiB`],
    ["kernel", Deno.osRelease()],
    ["Deno", Deno.version.deno],
    ["load (1, 5, 15 min)", Deno.loadavg().map((load) => load.toFixed(2)).join(", ")],
  ];
}
