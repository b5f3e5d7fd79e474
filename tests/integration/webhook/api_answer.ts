import { loadKubeconfig } from "../../../shared/kube/kubeconfig.ts";
import { Transport } from "../../../shared/kube/transport.ts";
import type { KubeUser } from "../../support/lab/users.ts";

/** What an API server answers, with what only `kubectl` shows of it. */
export interface ApiAnswer {
  readonly status: number;
  /** Of a failure. */
  readonly message: string;
  readonly causes: readonly { readonly field?: string; readonly message?: string }[];
  readonly warnings: readonly string[];
  /** What was answered, whatever it is. */
  readonly body: unknown;
}

/** Asks an API server as a user, without retries. */
export class ApiAsker implements Disposable {
  readonly #transport: Transport;

  private constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** @throws {KubeconfigError} */
  static async as(user: KubeUser): Promise<ApiAsker> {
    return new ApiAsker(new Transport(await loadKubeconfig(user.kubeconfigPath)));
  }

  /** Sends an object. */
  async send(method: "POST" | "PUT" | "DELETE", path: string, object: unknown): Promise<ApiAnswer> {
    const body = JSON.stringify(object);
    const { status, headers, body: answered } = await this.#transport.send(path, () => ({
      method,
      headers: { "Content-Type": "application/json" },
      body,
    }));
    const { message = "", details } = JSON.parse(answered) as { message?: string; details?: { causes?: [] } };
    const isFailure = status >= 400;
    return {
      status,
      message: isFailure ? message : "",
      causes: isFailure ? details?.causes ?? [] : [],
      warnings: parseWarnings(headers.get("warning") ?? ""),
      body: JSON.parse(answered),
    };
  }

  [Symbol.dispose](): void {
    this.#transport[Symbol.dispose]();
  }
}

/** @see https://datatracker.ietf.org/doc/html/rfc7234#section-5.5 */
function parseWarnings(header: string): string[] {
  // Bytes of UTF-8, each of which `Headers` gives as a character.
  const text = new TextDecoder().decode(Uint8Array.from(header, (character) => character.charCodeAt(0)));
  return [...text.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, quoted]) => quoted?.replaceAll(/\\(.)/g, "$1") ?? "");
}
