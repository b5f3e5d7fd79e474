import type { PlannedAttachment, PlannedNad } from "../planned_attachment.ts";
import type { PlannedDelegate } from "../plan_delegate.ts";
import type { DelegateCall } from "../record.ts";
import { renderDelegatePlugins } from "../render_delegate.ts";

/**
 * The execution of a NetworkAttachmentDefinition's plugins. What the runtime passes for capabilities is not for them. A
 * device is told to each of them, by both names that plugins know.
 */
export function renderNadCall(
  { interface: name, deviceID }: PlannedAttachment,
  { delegate, nad }: { delegate: PlannedDelegate; nad: PlannedNad },
): DelegateCall {
  const device = deviceID === undefined ? {} : { deviceID, pciBusID: deviceID };
  const runtimeConfig = { ...nad.capabilityArgs, ...(deviceID !== undefined && { deviceID }) };
  const plugins = renderDelegatePlugins(delegate, { addresses: [], runtimeConfig })
    .map((plugin) => ({ ...plugin, conf: { ...plugin.conf, ...device } }));
  return { interface: name, plugins, ...(nad.args !== "" && { args: nad.args }) };
}

/** Whether one of the plugins works on a link that another entry of the annotation makes in the sandbox. */
export function needsEarlierLinks({ plugins }: Pick<DelegateCall, "plugins">): boolean {
  return plugins.some(({ conf }) => conf["linkInContainer"] === true || conf["linksInContainer"] === true);
}
