import { assert, assertEquals } from "@std/assert";
import { labTest } from "../../support/lab/lab_test_case.ts";
import { startLab } from "../../support/lab/lab.ts";
import { waitFor } from "../../support/wait.ts";
import type { Replica } from "../../support/webhook/replica.ts";
import { WebhookLab } from "../../support/webhook/webhook_lab.ts";
import { AdmissionStream } from "./rotation_stream.ts";

/** A certificate is renewed after 16 s, an authority after 48 s; the old one leaves 28 s after the new one has come. */
const SHORT = [
  ...["-certificate-seconds", "24", "-authority-seconds", "72", "-trust-seconds", "4"],
  ...["-certificate-poll-seconds", "1"],
];

/** How often replicas have done a step, by their logs. */
async function steps(replicas: readonly Replica[], what: string): Promise<number> {
  const logs = await Promise.all(replicas.map((replica) => replica.log()));
  return logs.flat().filter(({ msg }) => msg === `certificates: ${what}`).length;
}

labTest(
  "certificates and authorities are replaced under a stream of admissions, none of which fails",
  {},
  async (t) => {
    await using lab = await startLab({ nodes: 0 });
    await using webhook = await WebhookLab.start(lab, { replicas: 2, certificates: "own", flags: SHORT });
    await using stream = await AdmissionStream.start(lab, webhook);
    const waiting = { timeoutMs: 240_000, intervalMs: 500 };

    await t.step("while both replicas live", async () => {
      const { replicas } = webhook;
      await waitFor("an old authority to leave", async () => await steps(replicas, "trust") >= 1, waiting);
      await waitFor("the next authority", async () => await steps(replicas, "create authority") >= 3, waiting);
      const { admissions, handshakes, failures } = await stream.take();
      assertEquals(failures, []);
      assert(admissions > 20 && handshakes > 20, `${admissions} admissions, ${handshakes} handshakes`);
      assert(await steps(replicas, "issue leaf") >= 2);
    });

    for (const what of ["create authority", "inject", "issue leaf", "trust"]) {
      await t.step(`a replica is killed as soon as one has done: ${what}`, async () => {
        const before = await steps(webhook.replicas, what);
        await waitFor(what, async () => await steps(webhook.replicas, what) > before, waiting);
        const [first] = webhook.replicas;
        assert(first);
        await webhook.kill(first);
        await webhook.withdraw(first);
        await webhook.addReplica();
        // Whatever was on its way to the one that died is lost, and connections to it are refused; nothing else is.
        const lost =
          /refused|reset by peer|EOF|ECONNREFUSED|ECONNRESET|context deadline|broken pipe|socket disconnected/;
        const { failures } = await stream.take();
        assertEquals(failures.filter((failure) => !lost.test(failure)), []);
      });
    }

    await t.step("etcd is restarted meanwhile", async () => {
      await stream.take();
      await lab.controlPlane.restartEtcd();
      const before = await steps(webhook.replicas, "issue leaf");
      await waitFor("a renewal", async () => await steps(webhook.replicas, "issue leaf") > before, waiting);
      const { failures } = await stream.take();
      assertEquals(failures.filter((failure) => /x509|tls|certificate|handshake/i.test(failure)), []);
    });

    await t.step("no key is in the logs", async () => {
      for (const replica of webhook.replicas) {
        const text = JSON.stringify(await replica.log());
        assert(!text.includes("PRIVATE KEY") && !text.includes("MIGHAgE"), replica.name);
      }
    });
  },
);
