import { run } from "../run.ts";
import { type ControlPlane, keyDir } from "./control_plane.ts";
import { type Credentials, renderKubeconfig } from "./kubeconfig.ts";
import type { LabRecord } from "./registry.ts";

/** Somebody whom the API server knows. */
export interface KubeUser {
  readonly name: string;
  readonly server: string;
  readonly caPath: string;
  /** A JSON kubeconfig with all that is needed inside. */
  readonly kubeconfigPath: string;
  /** The same as in the kubeconfig. PEM texts or a token. */
  readonly credentials: Credentials;
}

/** A user with a client certificate; both also as PEM files. */
export interface CertificateUser extends KubeUser {
  readonly certPath: string;
  readonly keyPath: string;
}

/** A ServiceAccount's token. */
export interface TokenUser extends KubeUser {
  readonly token: string;
}

/** Makes a lab's users. */
export class Users {
  readonly #lab: LabRecord;
  readonly #plane: ControlPlane;
  readonly #kubectl: string;
  #admin: CertificateUser | undefined;
  #count = 0;

  private constructor(lab: LabRecord, { plane, kubectl }: { plane: ControlPlane; kubectl: string }) {
    this.#lab = lab;
    this.#plane = plane;
    this.#kubectl = kubectl;
  }

  /** Makes the administrator, too. */
  static async create(lab: LabRecord, parts: { plane: ControlPlane; kubectl: string }): Promise<Users> {
    const users = new Users(lab, parts);
    users.#admin = await users.certificate("lab-admin", ["system:masters"]);
    return users;
  }

  /** Member of system:masters. */
  get admin(): CertificateUser {
    if (this.#admin === undefined) throw new Error("the lab's administrator was not made yet");
    return this.#admin;
  }

  /** A new client certificate for a user of that name in these groups. */
  async certificate(name: string, groups: readonly string[]): Promise<CertificateUser> {
    const { cert, key } = await this.#plane.authority.issue({ commonName: name, organizations: groups });
    const user = await this.#write(name, { cert, key });
    const base = user.kubeconfigPath.replace(/\.json$/, "");
    await Deno.writeTextFile(`${base}.crt`, cert, { mode: 0o600 });
    await Deno.writeTextFile(`${base}.key`, key, { mode: 0o600 });
    return { ...user, certPath: `${base}.crt`, keyPath: `${base}.key` };
  }

  /** A token of a ServiceAccount that exists, bound to a Node that exists when one is named. */
  async serviceAccount(namespace: string, name: string, { node }: { node?: string }): Promise<TokenUser> {
    const bound = node === undefined ? [] : ["--bound-object-kind", "Node", "--bound-object-name", node];
    const argv = ["--kubeconfig", this.admin.kubeconfigPath, "--namespace", namespace, "create", "token", name];
    const token = (await run([this.#kubectl, ...argv, ...bound])).stdout.trim();
    const user = await this.#write(`system:serviceaccount:${namespace}:${name}`, { token });
    return { ...user, token };
  }

  /** The same user, calling another URL. */
  async at(user: KubeUser, server: string): Promise<KubeUser> {
    return await this.#write(user.name, user.credentials, server);
  }

  async #write(name: string, credentials: Credentials, server = this.#plane.server): Promise<KubeUser> {
    const { authority } = this.#plane;
    const file = `${name.replaceAll(/[^\w.-]/g, "_")}-${++this.#count}`;
    const kubeconfigPath = `${keyDir(this.#lab)}/${file}.json`;
    const text = renderKubeconfig({ server, ca: authority.cert, user: name, credentials });
    await Deno.writeTextFile(kubeconfigPath, text, { mode: 0o600 });
    return { name, server, caPath: `${keyDir(this.#lab)}/ca.crt`, kubeconfigPath, credentials };
  }
}
