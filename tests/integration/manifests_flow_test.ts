import { assert, assertEquals } from "@std/assert";
import { SYSTEM_NAMESPACE } from "../../shared/schema/meta.ts";
import { ROOT } from "../../tasks/support/root.ts";
import { installCrds } from "../support/lab/install_crds.ts";
import { type Lab, startLab } from "../support/lab/lab.ts";
import type { KubeUser } from "../support/lab/users.ts";
import { waitFor } from "../support/wait.ts";

const BASE = `${ROOT}/k8s/base`;

/** Who sends what, and whose seats it gets. */
const REQUESTS = [
  { user: "danm-cni", method: "GET", path: "/api/v1/namespaces/default/pods/none", schema: "danm-cni" },
  { user: "danm-cni", method: "PATCH", path: "/api/v1/namespaces/default/pods/none/status", schema: "danm-cni" },
  { user: "danm-cni", method: "GET", path: "/apis/danm.io/v1/clusternetworks/none", schema: "danm-cni" },
  { user: "danm-cni", method: "GET", path: "/apis/danm.io/v1/danmips?limit=1", schema: "danm-cni" },
  { user: "danm-cni", method: "POST", path: "/apis/danm.io/v1/danmips", schema: "danm-cni" },
  { user: "danm-cni", method: "DELETE", path: "/apis/danm.io/v1/namespaces/default/danmeps/none", schema: "danm-cni" },
  { user: "danm-cni", method: "GET", path: "/version", schema: "danm-cni" },
  { user: "danm-installer", method: "GET", path: "/api/v1/nodes/none", schema: "danm-components" },
  { user: "danm-webhook", method: "GET", path: "/apis/danm.io/v1/tenantconfigs", schema: "danm-components" },
  { user: "default", method: "GET", path: "/version", schema: "service-accounts" },
] as const;

Deno.test("requests of DANM have seats of their own in the API server", async (t) => {
  await using lab = await startLab({ nodes: 0 });
  await installCrds(lab);
  for (const part of ["namespace.yaml", "rbac", "flow_control"]) await lab.kubectl(["apply", "-f", `${BASE}/${part}`]);
  const uids = await flowUids(lab);
  const users = new Map<string, Sender>();
  await using stack = new AsyncDisposableStack();
  for (const name of new Set(REQUESTS.map(({ user }) => user))) {
    const user = await waitFor(`ServiceAccount ${name}`, () => lab.serviceAccount(SYSTEM_NAMESPACE, name));
    users.set(name, stack.use(new Sender(user)));
  }
  const senderOf = (name: string): Sender => {
    const sender = users.get(name);
    assert(sender);
    return sender;
  };
  await waitFor("the flow schemas to be in force", async () => {
    return uids.get((await senderOf("danm-cni").send("GET", "/version")).schema) === "danm-cni";
  });
  for (const { user, method, path, schema } of REQUESTS) {
    await t.step(`${user}: ${method} ${path} counts as ${schema}`, async () => {
      const answer = await senderOf(user).send(method, path);
      const level = schema === "service-accounts" ? "workload-low" : "danm";
      assertEquals([uids.get(answer.schema), uids.get(answer.level)], [schema, level]);
    });
  }
  await t.step("two thousand at once wait, and none is sent away", async () => {
    const nodes = Array.from({ length: 20 }, () => stack.use(new Sender(senderOf("danm-cni").user)));
    await Promise.all(nodes.map((node) => node.send("GET", "/version")));
    const paths = Array.from({ length: 100 }, (_, index) => `/apis/danm.io/v1/danmips/storm-${index}`);
    const answers = await Promise.all(nodes.flatMap((node) => paths.map((path) => node.send("GET", path))));
    assertEquals(answers.filter(({ status }) => status !== 404), []);
  });
});

/** Sends requests as somebody, and looks at whose they were for the API server. */
class Sender implements Disposable {
  readonly user: KubeUser;
  readonly #client: Deno.HttpClient;

  constructor(user: KubeUser) {
    this.user = user;
    this.#client = Deno.createHttpClient({ caCerts: [Deno.readTextFileSync(user.caPath)], http1: false });
  }

  async send(method: string, path: string): Promise<{ status: number; schema: string; level: string }> {
    const token = "token" in this.user.credentials ? this.user.credentials.token : "";
    const hasBody = method === "POST" || method === "PATCH";
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const response = await fetch(`${this.user.server}${path}`, {
      method,
      client: this.#client,
      headers: { authorization: `Bearer ${token}`, ...(hasBody && { "content-type": type }) },
      ...(hasBody && { body: "{}" }),
    });
    await response.body?.cancel();
    const header = (name: string): string => response.headers.get(`x-kubernetes-pf-${name}-uid`) ?? "";
    return { status: response.status, schema: header("flowschema"), level: header("prioritylevel") };
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** Names of FlowSchemas and PriorityLevelConfigurations by their UIDs. */
async function flowUids(lab: Lab): Promise<Map<string, string>> {
  const kinds = "flowschemas,prioritylevelconfigurations";
  const { items } = JSON.parse(await lab.kubectl(["get", kinds, "-o", "json"]));
  return new Map(
    items.map(({ metadata }: { metadata: { uid: string; name: string } }) => [metadata.uid, metadata.name]),
  );
}
