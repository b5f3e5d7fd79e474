import type { Attachment } from "../shared/cni/plugin.ts";
import { settleAll } from "../shared/settle_all.ts";
import { type DelegateContext, executePlugin, type Execution, isSince } from "./delegate.ts";
import type { DelegateCall } from "./record.ts";

/**
 * Executes CHECK of a delegate's plugins, in order, with the configurations and the result of their ADD. Those of a
 * version that has no CHECK are passed over, and those of a list with `disableCheck`.
 *
 * @throws {CniError} code 105 with the plugin's own code and message
 */
export async function delegateCheck(call: DelegateCall, context: DelegateContext): Promise<void> {
  for (const plugin of call.plugins) {
    if (isSince(plugin.conf, "0.4.0") && !plugin.skips?.includes("CHECK")) {
      await executePlugin("CHECK", { call, plugin, prevResult: call.result }, context);
    }
  }
}

/** What GC of delegates needs. */
export interface DelegateGcOptions {
  readonly context: Pick<DelegateContext, "run" | "path" | "signal">;
  /** What must stay, by the names of the delegates' interfaces. */
  readonly valid: readonly Attachment[];
}

/**
 * Executes GC of delegates, each configuration once.
 *
 * @throws {AggregateError} of a {@linkcode CniError} code 105 for each that failed; the others were executed all the same
 */
export async function delegateGc(calls: readonly DelegateCall[], options: DelegateGcOptions): Promise<void> {
  const { context, valid } = options;
  const once = new Map<string, Pick<Execution, "call" | "plugin">>();
  for (const call of calls) {
    for (const plugin of call.plugins) {
      const { name, cniVersion } = plugin.conf;
      if (isSince(plugin.conf, "1.1.0") && !plugin.skips?.includes("GC")) {
        once.set(JSON.stringify([name, plugin.type, cniVersion]), { call, plugin });
      }
    }
  }
  await settleAll([...once.values()].map(({ call, plugin: { type, conf } }) => {
    const plugin = { type, conf: { ...conf, "cni.dev/valid-attachments": valid } };
    return executePlugin("GC", { call, plugin }, { ...context, containerID: "", netns: "", args: "" });
  }));
}
