import { KubeConfig } from "@kubernetes/client-node";
import { messageOf } from "../errors.ts";
import type { KubeconfigDocument } from "./kubeconfig_document.ts";
import { type ClientCertificate, KubeconfigError, type TokenSource } from "./kube_target.ts";

/**
 * Credentials from an exec plugin (or a legacy auth-provider) of a kubeconfig, by the full client, which runs it and
 * remembers what it said until that expires. A module of its own, loaded only then: the client costs 65 ms.
 *
 * @throws {KubeconfigError} when the plugin fails or answers without credentials
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export async function runExecPlugin(
  document: KubeconfigDocument,
  at: Place & { readonly context: string },
): Promise<{ clientCertificate?: ClientCertificate; token?: TokenSource }> {
  const config = new KubeConfig();
  config.loadFromString(JSON.stringify(withAbsoluteCommands(document, at.file)));
  config.setCurrentContext(at.context);
  const { token, cert, key } = await ask(config, at);
  if (token === undefined && (cert === undefined || key === undefined)) throw withoutCredentials(at);
  return {
    ...(cert !== undefined && key !== undefined ? { clientCertificate: { cert, key } } : {}),
    ...(token === undefined ? {} : { token: () => tokenNow(config, at) }),
  };
}

async function tokenNow(config: KubeConfig, at: Place): Promise<string> {
  const { token } = await ask(config, at);
  if (token === undefined) throw withoutCredentials(at);
  return token;
}

function withoutCredentials({ file, field, what }: Place): KubeconfigError {
  const why = "answered without a token or a certificate with its key; see what the command prints";
  return new KubeconfigError(`${what}: ${field}.exec ${why}`, { file, field: `${field}.exec` });
}

interface Place {
  readonly file: string;
  readonly field: string;
  readonly what: string;
}

interface Credentials {
  readonly token: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

async function ask(
  config: KubeConfig,
  at: Place,
): Promise<Credentials> {
  const options: Parameters<KubeConfig["applyToHTTPSOptions"]>[0] = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (cause) {
    throw new KubeconfigError(
      `${at.what}: ${at.field}.exec failed: ${messageOf(cause)}; run the command by hand to see what it needs`,
      { file: at.file, field: `${at.field}.exec`, cause },
    );
  }
  const authorization = new Headers(options.headers as Record<string, string>).get("authorization");
  return {
    token: authorization?.match(/^Bearer (.+)$/i)?.[1],
    cert: options.cert?.toString(),
    key: options.key?.toString(),
  };
}

/** A command with a slash is relative to the kubeconfig, one without is looked up in PATH. */
function withAbsoluteCommands(document: KubeconfigDocument, file: string): unknown {
  const dir = file.includes("/") ? file.slice(0, file.lastIndexOf("/")) : ".";
  const users = (document.users ?? []).map((entry) => {
    const command = entry.user?.exec?.command;
    if (!command?.includes("/") || command.startsWith("/")) return entry;
    return { ...entry, user: { ...entry.user, exec: { ...entry.user?.exec, command: `${dir}/${command}` } } };
  });
  return { ...document, users };
}
