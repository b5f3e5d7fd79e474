import { assertRejects } from "@std/assert";
import { ApiError } from "../../../shared/kube/api_error.ts";
import { KubeClient } from "../../../shared/kube/client.ts";
import type { KubeClientOptions } from "../../../shared/kube/client_options.ts";
import type { KubeTarget } from "../../../shared/kube/kube_target.ts";
import { type Reply, type Script, ScriptedServer } from "./scripted_server.ts";

/** Three tries without noticeable pauses. */
export const FAST: KubeClientOptions = { retry: { maxTries: 3, baseDelayMs: 1, maxDelayMs: 2 } };

/**
 * Runs a client against a scripted server.
 *
 * @param script a function, or the replies in turn, after which everything succeeds
 */
export async function withServer(
  script: Script | readonly Reply[],
  use: (parts: { readonly server: ScriptedServer; readonly client: KubeClient }) => Promise<void>,
  more: { readonly target?: Partial<KubeTarget>; readonly options?: KubeClientOptions } = {},
): Promise<void> {
  const ok = { status: 200, body: { ok: true } };
  const byTurn: Script = typeof script === "function" ? script : (_, index) => script[index] ?? ok;
  await using server = await ScriptedServer.start(byTurn);
  using client = new KubeClient(server.target(more.target), { ...FAST, ...more.options });
  await use({ server, client });
}

/** The error that a request must end with. */
export async function failureOf(promise: Promise<unknown>): Promise<ApiError> {
  return await assertRejects(() => promise, ApiError);
}
