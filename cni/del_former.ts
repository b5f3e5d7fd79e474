import type { VerbRequest } from "../shared/cni/plugin.ts";
import { messageOf } from "../shared/errors.ts";
import type { NetConf } from "../shared/schema/netconf.ts";
import { delegateDel } from "./delegate.ts";
import { isObject, planDelegatePlugins } from "./plan_delegate.ts";
import { renderDelegatePlugins } from "./render_delegate.ts";
import type { SandboxDeps } from "./sandbox_deps.ts";

/** What of our configuration the DEL of a former plugin takes. */
export type FormerConf = Pick<NetConf, "formerConf" | "cniVersion" | "runtimeConfig">;

/**
 * Detaches a sandbox that has no record through the CNI plugin that the runtime used before ours: a runtime calls DEL
 * with the configuration it has now, whoever attached the sandbox, and what an IPAM plugin holds for it would stay held.
 * For a sandbox that nobody attached that does nothing: DEL may always be repeated.
 *
 * @throws {AggregateError} of what the plugin says; the runtime is to call again
 */
export async function delFormer(
  { containerID, ifname, netns, args, path, signal }: VerbRequest & { readonly signal: AbortSignal },
  { conf, deps: { run, log } }: { conf: FormerConf; deps: SandboxDeps },
): Promise<void> {
  const { formerConf: source, cniVersion, runtimeConfig } = conf;
  if (source === undefined) return;
  try {
    const document: unknown = JSON.parse(await Deno.readTextFile(source));
    if (!isObject(document)) throw new TypeError("it is not a JSON object");
    const plugins = planDelegatePlugins({ source, document }, { network: { spec: specOf(document) }, cniVersion });
    const rendered = renderDelegatePlugins({ plugins, ipam: "file" }, { addresses: [], runtimeConfig });
    const call = { interface: ifname, plugins: rendered };
    await delegateDel(call, { run, containerID, netns, args, path, signal, log });
  } catch (error) {
    if (error instanceof AggregateError) throw error;
    // It cannot have been used by anybody like that, and no Pod may wait for it.
    log.warn("the configuration before ours cannot be used", { source, error: messageOf(error) });
  }
}

function specOf(document: Readonly<Record<string, unknown>>): { NetworkID: string; NetworkType: string } {
  const { plugins, type } = document;
  const first = Array.isArray(plugins) && isObject(plugins[0]) ? plugins[0]["type"] : type;
  return { NetworkID: "", NetworkType: String(first).toLowerCase() };
}
