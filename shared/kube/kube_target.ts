/** Certificate chain and private key of a client, PEM. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/**
 * Gives the bearer token to send now. `rejected` is a token that the API server has just answered 401 to: a source that
 * remembers tokens looks again.
 */
export type TokenSource = (rejected?: string) => Promise<string>;

/** An API server and who we are to it: what a kubeconfig, or a Pod's ServiceAccount, resolves to. */
export interface KubeTarget {
  /** For messages: which file and context it comes from. */
  readonly source: string;
  /** URL without a slash at its end; may have a path. */
  readonly server: string;
  /** Namespace of the context; undefined when it names none. */
  readonly namespace?: string | undefined;
  /** Authorities of the server's certificate, PEM, in addition to the system's own. */
  readonly caCerts: readonly string[];
  readonly clientCertificate?: ClientCertificate | undefined;
  readonly token?: TokenSource | undefined;
  /** HTTP(S) or SOCKS5 proxy on the way; without it those of HTTPS_PROXY and NO_PROXY, which Deno itself reads. */
  readonly proxyUrl?: string | undefined;
  /** Path of the unix socket of a relay on this host that speaks TLS with the server; needs a token. */
  readonly relay?: string | undefined;
}

/**
 * A kubeconfig, or what it refers to, that cannot be used. The message names file, context and field and says what to
 * do; it never contains a token, key or password.
 */
export class KubeconfigError extends Error {
  override readonly name = "KubeconfigError";
  /** File that holds the fault. */
  readonly file: string;
  /** Path of the field, such as `users[admin].user.token`; undefined when the file as a whole is unusable. */
  readonly field: string | undefined;

  constructor(message: string, at: { readonly file: string; readonly field?: string; readonly cause?: unknown }) {
    super(message, at.cause === undefined ? undefined : { cause: at.cause });
    this.file = at.file;
    this.field = at.field;
  }
}
