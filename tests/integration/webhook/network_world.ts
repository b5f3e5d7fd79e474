import { assert, assertEquals } from "@std/assert";
import type { KubeClient } from "../../../shared/kube/client.ts";
import { API_VERSION } from "../../../shared/schema/meta.ts";
import { resourcePath } from "../../../shared/schema/resources.ts";
import { sameValue } from "../../../shared/schema/same_value.ts";
import { valueAt } from "../../../shared/schema/value_at.ts";
import type { Lab } from "../../support/lab/lab.ts";
import type { KubeUser } from "../../support/lab/users.ts";
import { isAbout } from "../../support/webhook/assert_verdict.ts";
import type { Manifest } from "../../support/webhook/memory_cluster.ts";
import { clientFor } from "../../support/kube/client_for.ts";
import { type ApiAnswer, ApiAsker } from "./api_answer.ts";
import { MIGRATION, type NetworkCase, placeOf } from "./cases/network_case.ts";

/** A cluster in which cases are tried one after the other. */
export class NetworkWorld implements AsyncDisposable {
  readonly #lab: Lab;
  readonly #askers = new Map<string, ApiAsker>();
  /** Stores what is stored already: with mistakes. */
  readonly #migration: KubeClient;
  readonly #stored: Manifest[] = [];
  #wanted: readonly Manifest[] | undefined = [];

  private constructor(lab: Lab, migration: KubeClient) {
    this.#lab = lab;
    this.#migration = migration;
  }

  /** @param lab with our CRDs */
  static async on(lab: Lab): Promise<NetworkWorld> {
    return new NetworkWorld(lab, await clientFor(await userOf(lab, MIGRATION)));
  }

  /** Asks the API server, on a dry run, what it says to a case, and checks that it is what the table says. */
  async try(of: NetworkCase): Promise<void> {
    assertAnswer(of, await this.#ask(of, await this.#arrange(of)));
  }

  /** Stores what is there before a case, if it is not there from the case before. Gives the network itself. */
  async #arrange(of: NetworkCase): Promise<Manifest | undefined> {
    const { kind, before, others = [] } = of;
    const wanted = [...others, ...(before ? [{ kind, metadata: beforeOf(of), spec: before }] : [])];
    if (!sameValue(wanted, this.#wanted)) {
      this.#wanted = undefined;
      await this.#clear();
      for (const object of wanted) this.#stored.push(await this.#store(object));
      this.#wanted = wanted;
    }
    return before && this.#stored.at(-1);
  }

  async #clear(): Promise<void> {
    // Endpoints first: under them networks cannot be deleted.
    this.#stored.sort((a, b) => order(b) - order(a));
    for (let object = this.#stored.at(-1); object; object = this.#stored.at(-1)) {
      const { kind, metadata: { namespace, name } } = object;
      await this.#migration.delete(resourcePath(kind, { namespace, name }));
      this.#stored.pop();
    }
  }

  /** Ends all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const asker of this.#askers.values()) asker[Symbol.dispose]();
    this.#migration[Symbol.dispose]();
    await Promise.resolve();
  }

  async #ask(of: NetworkCase, before: Manifest | undefined): Promise<ApiAnswer> {
    const asker = await this.#asker(of.user);
    const metadata = { ...placeOf(of.kind), ...of.metadata?.object };
    const object = { apiVersion: API_VERSION, kind: of.kind, metadata, spec: of.spec };
    const flags = "?dryRun=All&fieldValidation=Strict";
    if (of.operation === "CREATE") {
      return await asker.send("POST", `${resourcePath(of.kind, { namespace: metadata.namespace })}${flags}`, object);
    }
    const path = resourcePath(of.kind, { namespace: metadata.namespace, name: metadata.name });
    if (of.operation === "DELETE") return await asker.send("DELETE", path, { dryRun: ["All"] });
    const resourceVersion = before?.metadata["resourceVersion"];
    return await asker.send("PUT", `${path}${flags}`, { ...object, metadata: { ...metadata, resourceVersion } });
  }

  async #asker(user = ""): Promise<ApiAsker> {
    const known = this.#askers.get(user);
    if (known) return known;
    const asker = await ApiAsker.as(user === "" ? this.#lab.admin : await userOf(this.#lab, user));
    this.#askers.set(user, asker);
    return asker;
  }

  async #store({ kind, metadata, ...fields }: Manifest): Promise<Manifest> {
    const path = resourcePath(kind, { namespace: metadata.namespace });
    const object = { apiVersion: API_VERSION, kind, metadata, ...fields };
    return { ...await this.#migration.create<Omit<Manifest, "kind">>(path, object), kind } as Manifest;
  }
}

function order({ kind }: Manifest): number {
  return kind === "DanmEp" ? 0 : 1;
}

function beforeOf({ kind, metadata }: NetworkCase): Manifest["metadata"] {
  return { ...placeOf(kind), ...metadata?.before };
}

/** A user that may do everything. */
async function userOf(lab: Lab, name: string): Promise<KubeUser> {
  return await lab.user(name, ["system:masters"]);
}

/** Checks an answer: accepted, or refused for the fields that the case names, in words where they are ours. */
function assertAnswer(of: NetworkCase, { status, message, causes, warnings, body }: ApiAnswer): void {
  if (!of.denied) assert(status < 300, message);
  else assert([400, 403, 422].includes(status), `${status} ${message}`);
  for (const { field, says = "" } of of.denied ?? []) {
    const isNamed = field === "" || field === "metadata.name" ||
      causes.some((cause) => isAbout(cause.field ?? "", field));
    assert(isNamed, `no cause names ${field}: ${JSON.stringify(causes)} ${message}`);
    // What the CRD refuses is refused in its words, if there is no mutation that comes before it.
    if (!of.alsoCrd) assert(message.includes(says), message);
  }
  for (const part of of.warns ?? []) assert(warnings.some((one) => one.includes(part)), JSON.stringify(warnings));
  for (const [field, value] of Object.entries(of.becomes ?? {})) {
    assertEquals(valueAt(body, `spec.${field}`), value, field);
  }
}
