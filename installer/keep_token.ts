import { messageOf } from "../shared/errors.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import type { Logger } from "../shared/log.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import { SYSTEM_NAMESPACE } from "../shared/schema/meta.ts";
import * as z from "zod/mini";
import { findText, writeAtomically } from "./atomic_file.ts";
import { type HostPaths, kubeconfigPath, ownConfDir } from "./host_paths.ts";
import { planToken } from "./plan_token.ts";
import { type ApiServer, renderKubeconfig } from "./render_kubeconfig.ts";

/** The ServiceAccount that the plugins act as. */
const ACCOUNT = "danm-cni";

/** How long a token is asked for, in seconds. Without the installer a node goes on for two thirds of that at least. */
const LIFE_SECONDS = 24 * 60 * 60;

/** `TokenRequest`, as it is answered. */
const TokenAnswer = z.object({ status: z.object({ token: z.string().check(z.minLength(1)) }) });

/** What the plugins' token is kept with. */
export interface TokenDeps {
  readonly paths: HostPaths;
  readonly client: KubeClient;
  /** As the plugins are to reach it. */
  readonly api: ApiServer;
  readonly node: {
    readonly name: string;
    /** Undefined when nobody has asked yet. */
    readonly knownUID: string | undefined;
    getUID(): Promise<string>;
  };
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Sees to it that the node has a kubeconfig with a token that is bound to its Node and good for a while. The token dies
 * with the Node object, and with no Pod of the installer.
 *
 * @param options.refused the API server did not accept the present one
 * @throws {Error} when there is no token that could work; one that has life left is kept, with a warning
 */
export async function keepToken(deps: TokenDeps, { refused }: { refused: boolean }): Promise<void> {
  const { paths, log, api, node } = deps;
  const path = kubeconfigPath(paths);
  const now = deps.now() / 1000;
  const plan = planToken(await findText(path), { api, nodeName: node.name, nodeUID: node.knownUID, now });
  const why = refused ? "the API server refuses the token" : plan.renewal;
  if (why === undefined) return await keepPrivate(path);
  try {
    const text = renderKubeconfig(api, await requestToken(deps));
    await Deno.mkdir(ownConfDir(paths), { recursive: true, mode: 0o700 });
    await writeAtomically(path, text, { mode: 0o600 });
    log.info("the plugins have a new token", { why });
  } catch (cause) {
    const left = refused || plan.expiresAt === undefined ? 0 : plan.expiresAt - now;
    const failure = `no new token for the plugins (${why}): ${messageOf(cause)}`;
    if (left <= 0) throw new Error(failure, { cause });
    log.warn(`${failure}; the present one is kept`, { hoursLeft: Math.round(left / 360) / 10 });
  }
}

async function requestToken({ client, node, signal }: TokenDeps): Promise<string> {
  const boundObjectRef = { apiVersion: "v1", kind: "Node", name: node.name, uid: await node.getUID() };
  const answer = await client.create(
    `/api/v1/namespaces/${SYSTEM_NAMESPACE}/serviceaccounts/${ACCOUNT}/token`,
    {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds: LIFE_SECONDS, boundObjectRef },
    },
    { signal },
  );
  return parse(TokenAnswer, answer, "TokenRequest").status.token;
}

/** It is a secret of root's, whoever copied it here. */
async function keepPrivate(path: string): Promise<void> {
  const { mode } = await Deno.stat(path);
  if (((mode ?? 0) & 0o7777) !== 0o600) await Deno.chmod(path, 0o600);
}
