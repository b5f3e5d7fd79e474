import { assertEquals } from "@std/assert";
import type { KubeClient } from "../../../shared/kube/client.ts";
import { waitFor } from "../../support/wait.ts";

/** Checks that the API server finds nothing wrong with the types in the expressions of these admission policies. */
export async function assertTypesAreRight(admin: KubeClient, policies: readonly string[]): Promise<void> {
  for (const name of policies) {
    const path = `/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/${name}`;
    const checked = await waitFor(`the type check of ${name}`, async () => {
      const { status } = await admin.get<{ status?: { observedGeneration?: number; typeChecking?: unknown } }>(path);
      return status?.observedGeneration === undefined ? undefined : status;
    });
    assertEquals(checked.typeChecking, {}, name);
  }
}
