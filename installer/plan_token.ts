import { type ApiServer, renderKubeconfig } from "./render_kubeconfig.ts";

/** What is read of a token, which its owner cannot check; the API server does. */
export interface TokenLife {
  /** Seconds since 1970. */
  readonly issuedAt: number;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  /** The Node that it is bound to. */
  readonly node: TokenNode | undefined;
}

/** A Node as a token names it. */
export interface TokenNode {
  readonly name: string;
  readonly uid: string;
}

/** What a token is to be good for. */
export interface TokenWish {
  readonly api: ApiServer;
  readonly nodeName: string;
  /** UID of the Node; undefined when nobody could say. */
  readonly nodeUID: string | undefined;
  /** Seconds since 1970. */
  readonly now: number;
}

/** What to do about the kubeconfig on the node. */
export interface TokenPlan {
  /** Why there must be a new token; undefined when the present one does. */
  readonly renewal: string | undefined;
  /** When the present token ends, in seconds since 1970; undefined when there is none that can be read. */
  readonly expiresAt: number | undefined;
}

/**
 * Whether the token in a kubeconfig is to be replaced: when a third of its life is over, so that two thirds are left to
 * ride out an API server that is away; and whenever the file is not what it should be.
 *
 * @param text of the kubeconfig; undefined when there is none
 */
export function planToken(text: string | undefined, wanted: TokenWish): TokenPlan {
  if (text === undefined) return { renewal: "there is no kubeconfig", expiresAt: undefined };
  const token = tokenOf(text);
  const life = token === undefined ? undefined : readTokenLife(token);
  if (token === undefined || life === undefined) return { renewal: "the kubeconfig is damaged", expiresAt: undefined };
  return { renewal: findRenewal(life, { ...wanted, token, text }), expiresAt: life.expiresAt };
}

function findRenewal(
  { issuedAt, expiresAt, node }: TokenLife,
  { api, nodeName, nodeUID, now, token, text }: TokenWish & { readonly token: string; readonly text: string },
): string | undefined {
  if (node?.name !== nodeName) return `the token is bound to ${node === undefined ? "no Node" : `Node ${node.name}`}`;
  if (nodeUID !== undefined && node.uid !== nodeUID) return "the token is bound to an earlier Node of this name";
  if (text !== renderKubeconfig(api, token)) {
    return "the API server's address, its certificate authority or the relay has changed";
  }
  if (now >= expiresAt) return "the token has expired";
  if (now >= issuedAt + (expiresAt - issuedAt) / 3) return "a third of the token's life is over";
  // A clock that was set back would keep a token for ever.
  if (now < issuedAt - MAX_SKEW_SECONDS) return "the token is from the future";
  return undefined;
}

/** Clocks of nodes differ; an hour is no difference but a fault. */
const MAX_SKEW_SECONDS = 3600;

/** The life of a ServiceAccount's token; undefined when it is none. */
export function readTokenLife(token: string): TokenLife | undefined {
  const claims = decode(token.split(".")[1] ?? "");
  const { iat, exp, "kubernetes.io": kubernetes } = claims ?? {};
  if (typeof iat !== "number" || typeof exp !== "number") return undefined;
  const { name, uid } = (kubernetes as { node?: Partial<TokenNode> } | undefined)?.node ?? {};
  const node = typeof name === "string" && typeof uid === "string" ? { name, uid } : undefined;
  return { issuedAt: iat, expiresAt: exp, node };
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(atob(part.replaceAll("-", "+").replaceAll("_", "/")));
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}

function tokenOf(text: string): string | undefined {
  try {
    const token: unknown = JSON.parse(text)?.users?.[0]?.user?.token;
    return typeof token === "string" ? token : undefined;
  } catch {
    return undefined;
  }
}

/** URL of the API server in a kubeconfig of ours; undefined when it is damaged. */
export function findServer(text: string): string | undefined {
  try {
    const server: unknown = JSON.parse(text)?.clusters?.[0]?.cluster?.server;
    return typeof server === "string" ? server : undefined;
  } catch {
    return undefined;
  }
}
