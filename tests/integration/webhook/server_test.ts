import { assertEquals } from "@std/assert";
import { startLab } from "../../support/lab/lab.ts";
import { WebhookLab } from "../../support/webhook/webhook_lab.ts";

Deno.test("the webhook behind a real API server", async () => {
  await using lab = await startLab({ nodes: 0 });
  await using webhook = await WebhookLab.start(lab, { replicas: 2 });
  assertEquals(webhook.replicas.length, 2);
});
