import { assert, assertEquals } from "@std/assert";
import { AlreadyExists, apiError, Conflict, NotFound } from "../../shared/kube/api_error.ts";
import { createLogger } from "../../shared/log.ts";
import { seededRandom } from "../../tests/support/seeded_random.ts";
import { CertificateKeeper } from "./certificate_keeper.ts";
import { namesOf } from "./certificate_names.ts";
import type { CertificateStore, Stored, StoredConfiguration, StoredSecret } from "./certificate_store.ts";
import { readAuthorities } from "./inspect_certificates.ts";
import { encodeMaterial, type Material } from "./material.ts";
import type { ServingCertificate } from "./serving_certificate.ts";
import * as x509 from "@peculiar/x509";

const DAY = 86_400_000;
const LIFETIMES = { leafMs: 90 * DAY, authorityMs: 400 * DAY, graceMs: 300_000 };
const NAMES = namesOf("danm-system");
const START = Date.UTC(2030, 0, 1);
const KINDS = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] as const;

/** The API server's objects, guarded by resourceVersion. */
class MemoryStore implements CertificateStore {
  secret: StoredSecret | undefined;
  configurations: StoredConfiguration[] = KINDS.map((kind) => ({
    kind,
    metadata: { name: "danm-webhook", resourceVersion: "0" },
    webhooks: [{ clientConfig: {} }, { clientConfig: {} }],
  }));
  #version = 0;

  read(): Promise<Stored> {
    return Promise.resolve(structuredClone({ secret: this.secret, configurations: this.configurations }));
  }

  // deno-lint-ignore require-await
  async write(previous: StoredSecret | undefined, material: Material): Promise<void> {
    if (!previous && this.secret) throw failure(409, "AlreadyExists");
    this.#guard(previous, this.secret);
    this.put(encodeMaterial(material), previous);
  }

  put(data: Record<string, unknown>, previous?: StoredSecret): void {
    this.secret = {
      ...previous,
      metadata: { ...previous?.metadata, name: NAMES.secret, uid: "1", resourceVersion: `${++this.#version}` },
      data,
    };
  }

  // deno-lint-ignore require-await
  async remove(secret: StoredSecret): Promise<void> {
    this.#guard(secret, this.secret);
    this.secret = undefined;
  }

  // deno-lint-ignore require-await
  async inject(configuration: StoredConfiguration, bundle: string): Promise<void> {
    const index = this.configurations.findIndex(({ kind }) => kind === configuration.kind);
    this.#guard(configuration, this.configurations[index]);
    this.configurations[index] = {
      ...configuration,
      metadata: { ...configuration.metadata, resourceVersion: `${++this.#version}` },
      webhooks: (configuration.webhooks ?? []).map(() => ({ clientConfig: { caBundle: btoa(bundle) } })),
    };
  }

  #guard(read: StoredSecret | StoredConfiguration | undefined, stored: typeof read): void {
    if (read && !stored) throw failure(404, "NotFound");
    if (read && read.metadata.resourceVersion !== stored?.metadata.resourceVersion) throw failure(409, "Conflict");
  }
}

function failure(status: number, reason: string): Error {
  return apiError({ verb: "PUT", path: "/", status, reason, text: "", effect: "none" });
}

/** One process with its own idea of the time. */
class Replica {
  readonly keeper: CertificateKeeper;
  certificate: ServingCertificate | undefined;

  constructor(
    store: CertificateStore,
    { time, skewMs, lines }: { time: { ms: number }; skewMs: number; lines: string[] },
  ) {
    this.keeper = new CertificateKeeper({
      store,
      names: NAMES,
      lifetimes: LIFETIMES,
      pollMs: 10_000,
      log: createLogger((line) => void lines.push(line), { level: "debug" }),
      use: (certificate) => {
        this.certificate = certificate;
        return Promise.resolve();
      },
      signal: new AbortController().signal,
      clock: { now: () => START + time.ms + skewMs, monotonic: () => time.ms },
    });
  }
}

/** What can happen to the Secret, beside what replicas do. */
const ACCIDENTS: readonly ((store: MemoryStore) => void)[] = [
  (store) => store.secret = undefined,
  ...["ca.crt", "ca.key", "tls.crt", "tls.key"].flatMap((entry) =>
    [undefined, "not base64", btoa("garbage"), btoa("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
      .map((text) => (store: MemoryStore) => store.put({ ...store.secret?.data, [entry]: text }, store.secret))
  ),
  (store) => store.put({}, store.secret),
  (store) => store.secret &&= { ...store.secret, immutable: true },
  (store) => store.secret &&= { ...store.secret, type: "example.com/other" },
];

/** Whether something in a bundle has signed a certificate; remembered, because the same is asked all the time. */
class Trust {
  readonly #known = new Map<string, Promise<number>>();

  /** Until when the bundle makes the certificate trusted; negative when it does not. */
  untilMs(bundle: string, cert: string): Promise<number> {
    const key = bundle + cert;
    const known = this.#known.get(key) ?? this.#read(bundle, cert);
    this.#known.set(key, known);
    return known;
  }

  async #read(bundle: string, cert: string): Promise<number> {
    const leaf = new x509.X509Certificate(cert);
    for (const { pem, notAfterMs } of (await readAuthorities(bundle)).authorities) {
      const publicKey = new x509.X509Certificate(pem);
      if (await leaf.verify({ publicKey, signatureOnly: true })) return Math.min(notAfterMs, leaf.notAfter.getTime());
    }
    return -1;
  }
}

async function assertTrusted(
  replicas: readonly Replica[],
  { trust, configurations, nowMs }: { trust: Trust; configurations: readonly StoredConfiguration[]; nowMs: number },
): Promise<void> {
  const bundles = configurations.flatMap(({ webhooks }) => webhooks ?? []).map(({ clientConfig }) =>
    clientConfig.caBundle
  );
  for (const bundle of new Set(bundles)) {
    for (const { certificate } of replicas) {
      if (!certificate) continue;
      assert(
        await trust.untilMs(atob(bundle ?? ""), certificate.cert) > nowMs,
        "an API server meets what it does not trust",
      );
    }
  }
}

async function simulate(
  seed: number,
  { rounds, accidents, pauses }: { rounds: number; accidents: number; pauses: readonly number[] },
): Promise<{
  certificates: number;
  authorities: number;
  lines: string[];
}> {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const store = new MemoryStore();
  const time = { ms: 0 };
  const lines: string[] = [];
  const start = (): Replica => new Replica(store, { time, skewMs: (random() - 0.5) * 1_800_000, lines });
  const replicas = [start(), start(), start()];
  const trust = new Trust();
  const certificates = new Set<string>();
  const signers = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    // What an API server may still believe that hears of everything a second late.
    const before = structuredClone(store.configurations);
    const fresh = replicas.every(({ certificate }) => !certificate);
    const order = replicas.toSorted(() => random() - 0.5);
    for (const replica of order) {
      await step(replica);
      if (!fresh) {
        await assertTrusted(replicas, {
          trust,
          configurations: [...before, ...store.configurations],
          nowMs: START + time.ms,
        });
      }
    }
    for (const { certificate } of replicas) {
      if (!certificate) continue;
      certificates.add(certificate.cert);
      signers.add(new x509.X509Certificate(certificate.cert).issuer);
    }
    const chance = random();
    if (chance < accidents) pick(ACCIDENTS)(store);
    else if (chance < 1.5 * accidents) replicas[Math.floor(random() * 3)] = start();
    time.ms += pick(pauses);
  }
  return { certificates: certificates.size, authorities: signers.size, lines };
}

/** Replicas that meet at one object go on at their next poll. */
async function step({ keeper }: Replica): Promise<void> {
  try {
    await keeper.round();
  } catch (error) {
    if (!(error instanceof Conflict || error instanceof AlreadyExists || error instanceof NotFound)) throw error;
  }
}

Deno.test("API servers trust what is served at every step of rotations, without accidents", async () => {
  const { certificates, authorities } = await simulate(1, {
    rounds: 150,
    accidents: 0,
    pauses: [10_000, 301_000, 8 * DAY, 16 * DAY],
  });
  assert(certificates > 5, `${certificates} certificates`);
  assert(authorities > 1, `${authorities} authorities`);
});

Deno.test("API servers trust what is served whatever befalls Secret and processes, and no key is logged", async () => {
  const pauses = [1_000, 10_000, 60_000, 301_000, DAY, 8 * DAY];
  for (const seed of [2, 3]) {
    const { lines } = await simulate(seed, { rounds: 25, accidents: 0.5, pauses });
    assertEquals(lines.filter((line) => line.includes("PRIVATE KEY") || line.includes("MIGHAgEA")), []);
  }
});
