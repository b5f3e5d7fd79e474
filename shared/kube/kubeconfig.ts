import { RELAY_EXTENSION } from "../schema/relay.ts";
import { type ClusterEntry, type KubeconfigDocument, readDocument, type UserEntry } from "./kubeconfig_document.ts";
import { type ClientCertificate, KubeconfigError, type KubeTarget, type TokenSource } from "./kube_target.ts";
import { decodePem, readPem } from "./pem.ts";
import { tokenFromFile } from "./token_file.ts";

interface Place {
  readonly file: string;
  readonly context: string;
  /** Prefix of field names, such as `users[admin].user`. */
  readonly field: string;
}

/**
 * Reads a kubeconfig and what its current context refers to. JSON is read natively; YAML and exec plugins load the
 * libraries they need when they are met. Relative paths are relative to the kubeconfig's directory.
 *
 * @param options `context` instead of the file's current-context
 * @throws {KubeconfigError} naming file, context and field
 * @see https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
export async function loadKubeconfig(path: string, options: { readonly context?: string } = {}): Promise<KubeTarget> {
  const document = await readDocument(path);
  const context = options.context ?? document["current-context"] ?? "";
  if (context === "") {
    throw new KubeconfigError(
      `kubeconfig ${path}: current-context is empty; set it with kubectl config use-context`,
      { file: path, field: "current-context" },
    );
  }
  const at = (field: string): Place => ({ file: path, context, field });
  const { cluster, user, namespace } = entryOf(document.contexts, at(`contexts[${context}]`)).context ?? {};
  const clusterAt = at(`clusters[${cluster ?? ""}].cluster`);
  const userAt = at(`users[${user ?? ""}].user`);
  const found = entryOf(document.clusters, at(`clusters[${cluster ?? ""}]`), cluster).cluster ?? {};
  const who = user ? entryOf(document.users, at(`users[${user}]`), user).user ?? {} : {};
  const [caCerts, credentials] = await Promise.all([
    authorities(found, clusterAt),
    credentialsOf(who, { at: userAt, document }),
  ]);
  return {
    source: describe(userAt),
    server: serverOf(found, clusterAt),
    namespace: namespace || undefined,
    caCerts,
    proxyUrl: found["proxy-url"] || undefined,
    ...(credentials.clientCertificate || found["proxy-url"] ? {} : relayOf(found, clusterAt)),
    ...credentials,
  };
}

/** A relay carries tokens; with a client certificate or a proxy it is not used. */
function relayOf({ extensions }: ClusterEntry, at: Place): Pick<KubeTarget, "relay"> {
  const entry = extensions?.find(({ name }) => name === RELAY_EXTENSION);
  if (entry === undefined) return {};
  const { socket } = (entry.extension ?? {}) as { readonly socket?: unknown };
  if (typeof socket !== "string" || !socket.startsWith("/")) {
    fail(at, `extensions[${RELAY_EXTENSION}]`, "has no socket; write the path of the relay's unix socket");
  }
  return { relay: socket };
}

function entryOf<T extends { readonly name?: string }>(
  entries: readonly T[] | null | undefined,
  at: Place,
  name = at.context,
): T {
  const found = entries?.find((entry) => entry.name === name);
  if (found) return found;
  const names = (entries ?? []).map((entry) => entry.name).join(", ") || "none";
  fail(at, "", `does not exist (there are: ${names}); add it or choose another context`);
}

function serverOf(cluster: ClusterEntry, at: Place): string {
  const { server } = cluster;
  if (!server || !URL.canParse(server)) fail(at, "server", "is missing or no URL; write https://host:port");
  const { protocol, hostname, username, password } = new URL(server);
  if (username || password) fail(at, "server", "holds a user name or password; put credentials under users");
  if (protocol !== "https:" && protocol !== "http:") fail(at, "server", "is neither https nor http");
  if (cluster["insecure-skip-tls-verify"]) {
    fail(at, "insecure-skip-tls-verify", "cannot be honoured; give certificate-authority-data instead");
  }
  const wanted = cluster["tls-server-name"];
  if (wanted && wanted !== hostname.replace(/^\[|\]$/g, "")) {
    fail(
      at,
      "tls-server-name",
      `cannot be honoured; use ${wanted} as host name in server, or add the server's ` +
        `address to its certificate, and remove this field`,
    );
  }
  return server.replace(/\/+$/, "");
}

async function authorities(cluster: ClusterEntry, at: Place): Promise<string[]> {
  const pem = await pemOf(cluster, { name: "certificate-authority", at, label: "CERTIFICATE" });
  return pem === undefined ? [] : [pem];
}

/** As kubectl has it: `…-data` wins over the file of the same name. */
async function pemOf<Name extends string>(
  entry: { readonly [key in Name | `${Name}-data`]?: string | undefined },
  { name, at, label }: { name: Name; at: Place; label: "CERTIFICATE" | "PRIVATE KEY" },
): Promise<string | undefined> {
  const data = entry[`${name}-data`];
  const file = entry[name];
  const what = describe(at);
  if (data) return decodePem(data, { file: at.file, what, field: `${at.field}.${name}-data`, label });
  if (!file) return undefined;
  return await readPem({ file: resolveFrom(at.file, file), what, field: `${at.field}.${name}`, label });
}

async function credentialsOf(
  user: UserEntry,
  { at, document }: { at: Place; document: KubeconfigDocument },
): Promise<{ clientCertificate?: ClientCertificate | undefined; token?: TokenSource | undefined }> {
  if (user.username || user.password) {
    fail(at, "username", "is basic authentication, which Kubernetes has removed; use a token or a certificate");
  }
  if (user.as || user["as-uid"] || user["as-groups"] || user["as-user-extra"]) {
    fail(at, "as", "(impersonation) is not supported; give credentials of the identity itself");
  }
  if (user.exec || user["auth-provider"]) {
    const { runExecPlugin } = await import("./exec_plugin.ts");
    return await runExecPlugin(document, { ...at, what: describe(at) });
  }
  const [cert, key] = await Promise.all([
    pemOf(user, { name: "client-certificate", at, label: "CERTIFICATE" }),
    pemOf(user, { name: "client-key", at, label: "PRIVATE KEY" }),
  ]);
  if ((cert === undefined) !== (key === undefined)) {
    fail(
      at,
      cert === undefined ? "client-certificate" : "client-key",
      "is missing; a certificate and its key go together",
    );
  }
  const clientCertificate = cert !== undefined && key !== undefined ? { cert, key } : undefined;
  return { clientCertificate, token: await tokenOf(user, at) };
}

/** A token file wins over the token beside it, which is then only what the file held once. */
async function tokenOf(user: UserEntry, at: Place): Promise<TokenSource | undefined> {
  const { token, tokenFile } = user;
  if (tokenFile) {
    const source = tokenFromFile({
      file: resolveFrom(at.file, tokenFile),
      what: `${describe(at)}: ${at.field}.tokenFile`,
      hint: "whoever writes it must write the token",
    });
    await source();
    return source;
  }
  return token ? () => Promise.resolve(token) : undefined;
}

function resolveFrom(kubeconfig: string, path: string): string {
  if (path.startsWith("/")) return path;
  const slash = kubeconfig.lastIndexOf("/");
  return slash < 0 ? path : `${kubeconfig.slice(0, slash)}/${path}`;
}

function describe({ file, context }: Place): string {
  return `kubeconfig ${file}, context ${context}`;
}

function fail(at: Place, name: string, fault: string): never {
  const field = name === "" ? at.field : `${at.field}.${name}`;
  throw new KubeconfigError(`${describe(at)}: ${field} ${fault}`, { file: at.file, field });
}
