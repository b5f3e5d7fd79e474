import { assertEquals } from "@std/assert";
import { planToken, type TokenWish } from "./plan_token.ts";
import { renderKubeconfig } from "./render_kubeconfig.ts";

const API = { server: "https://10.96.0.1:443", authorities: ["ca"], relay: "/run/danm/relay.sock" };
const WISH: TokenWish = { api: API, nodeName: "node-1", nodeUID: "u1", now: 1_000_000 };

function token(claims: Record<string, unknown>): string {
  const body = btoa(JSON.stringify(claims)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `e30.${body}.signature`;
}

/** A kubeconfig with a token of 24 hours that is so old, in hours. */
function kubeconfig(ageHours: number, node: object | undefined = { name: "node-1", uid: "u1" }): string {
  const iat = WISH.now - ageHours * 3600;
  return renderKubeconfig(API, token({ iat, exp: iat + 24 * 3600, "kubernetes.io": { node } }));
}

Deno.test("planToken renews when a third of the life is over, and when the token cannot be the right one", async (t) => {
  const cases: { name: string; text: string | undefined; wish?: Partial<TokenWish>; renewal: string | undefined }[] = [
    { name: "a new one", text: kubeconfig(0), renewal: undefined },
    { name: "before a third", text: kubeconfig(7.9), renewal: undefined },
    { name: "after a third", text: kubeconfig(8), renewal: "a third of the token's life is over" },
    { name: "after its end", text: kubeconfig(25), renewal: "the token has expired" },
    { name: "nobody knows the Node's UID", text: kubeconfig(0), wish: { nodeUID: undefined }, renewal: undefined },
    {
      name: "another Node of that name",
      text: kubeconfig(0),
      wish: { nodeUID: "u2" },
      renewal: "the token is bound to an earlier Node of this name",
    },
    {
      name: "another Node",
      text: kubeconfig(0),
      wish: { nodeName: "node-2" },
      renewal: "the token is bound to Node node-1",
    },
    {
      name: "no Node",
      text: renderKubeconfig(API, token({ iat: WISH.now, exp: WISH.now + 60 })),
      renewal: "the token is bound to no Node",
    },
    {
      name: "another API server",
      text: kubeconfig(0),
      wish: { api: { ...API, server: "https://other" } },
      renewal: "the API server's address, its certificate authority or the relay has changed",
    },
    {
      name: "another authority",
      text: kubeconfig(0),
      wish: { api: { ...API, authorities: ["ca", "new"] } },
      renewal: "the API server's address, its certificate authority or the relay has changed",
    },
    { name: "a clock that was set back", text: kubeconfig(-2), renewal: "the token is from the future" },
    { name: "clocks that differ a little", text: kubeconfig(-0.1), renewal: undefined },
    { name: "no file", text: undefined, renewal: "there is no kubeconfig" },
    { name: "half a file", text: kubeconfig(0).slice(0, 100), renewal: "the kubeconfig is damaged" },
    { name: "no token", text: renderKubeconfig(API, "opaque"), renewal: "the kubeconfig is damaged" },
  ];
  for (const { name, text, wish, renewal } of cases) {
    await t.step(name, () => assertEquals(planToken(text, { ...WISH, ...wish }).renewal, renewal));
  }
});

Deno.test("planToken tells when the present token ends", () => {
  assertEquals(planToken(kubeconfig(10), WISH).expiresAt, WISH.now + 14 * 3600);
  assertEquals(planToken(undefined, WISH).expiresAt, undefined);
});
