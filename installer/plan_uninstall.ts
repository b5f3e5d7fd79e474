import * as z from "zod/mini";

/** What is read here of the record of a sandbox. */
export const SandboxTrace = z.object({
  ifname: z.string(),
  pod: z.object({ namespace: z.string(), name: z.string() }),
  delegates: z._default(
    z.array(z.object({
      interface: z.string(),
      plugins: z.array(z.object({ type: z.string(), conf: z.record(z.string(), z.unknown()) })),
    })),
    [],
  ),
});
/** What is read here of the record of a sandbox. */
export type SandboxTrace = z.infer<typeof SandboxTrace>;

/**
 * Why nobody but us can detach a sandbox; undefined when others do. Without our configuration the runtime has it detached
 * by the plugin that it used before: that undoes what it did as a delegate, because it gets the same configuration,
 * container id and interface. Links of ours go with the sandbox's namespace.
 *
 * @param networkName `name` in the configuration that the runtime uses from now on
 */
export function findObstacle(
  { ifname, delegates }: SandboxTrace,
  networkName: string | undefined,
): string | undefined {
  for (const { interface: name, plugins } of delegates) {
    const isTheirs = name === ifname && plugins.every(({ conf }) => conf["name"] === networkName);
    if (isTheirs) continue;
    const lasting = plugins.find(({ type, conf }) => type === "sriov" || hasOwnIpam(conf) || conf["ipMasq"] === true);
    if (lasting) return `${name} was made by ${lasting.type}, which has to undo it`;
  }
  return undefined;
}

/** `fakeipam` only says what it is told. */
function hasOwnIpam({ ipam }: Readonly<Record<string, unknown>>): boolean {
  const type = typeof ipam === "object" && ipam !== null ? (ipam as { type?: unknown }).type : undefined;
  return typeof type === "string" && type !== "" && type !== "fakeipam";
}
