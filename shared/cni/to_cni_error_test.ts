import { assertEquals } from "@std/assert";
import { CniError, ErrorCode } from "../errors.ts";
import { IpBatchError } from "../host/ip_batch.ts";
import { CommandError } from "../host/run.ts";
import { apiError } from "../kube/api_error.ts";
import { SchemaError } from "../schema/describe_issues.ts";
import { toCniError } from "./to_cni_error.ts";

const api = (status: number): Error =>
  apiError({ verb: "GET", path: "/x", status, reason: "r", text: "", effect: "none" });
const command = (stderr: string): CommandError =>
  new CommandError(["nsenter", "--net=/n"], { code: 1, stdout: "", stderr });

Deno.test("everything that is thrown has a code", async (t) => {
  const known = new CniError(ErrorCode.AddressInUse, "in use");
  const cases: { name: string; error: unknown; code: number }[] = [
    { name: "ours", error: known, code: 101 },
    { name: "a wrong annotation", error: new SchemaError("annotation danm.io/interfaces", []), code: 104 },
    { name: "a wrong network", error: new SchemaError("DanmNet a/b", []), code: 7 },
    { name: "no answer of the API server", error: api(0), code: 11 },
    { name: "5xx", error: api(503), code: 11 },
    { name: "429", error: api(429), code: 11 },
    { name: "403", error: api(403), code: 107 },
    { name: "out of time", error: new DOMException("x", "TimeoutError"), code: 11 },
    { name: "no namespace", error: command("nsenter: cannot open /n: No such file or directory\n"), code: 4 },
    { name: "a command", error: command("RTNETLINK answers: File exists\n"), code: 106 },
    { name: "a batch", error: new IpBatchError([], { cause: undefined }), code: 106 },
    { name: "a defect", error: new TypeError("x"), code: 999 },
    { name: "a text", error: "x", code: 999 },
  ];
  for (const { name, error, code } of cases) {
    await t.step(name, () => assertEquals(toCniError(error, "ADD of sandbox c1").code, code));
  }
});

Deno.test("who gets 404 from the API server is told whether it is the kind that is missing", async (t) => {
  const path = "/apis/danm.io/v1/danmips";
  const details = { name: "x", kind: "namespaces" };
  const cases = [
    { what: "a kind of ours", failure: { path }, says: "the CustomResourceDefinitions of DANM" },
    { what: "a namespace", failure: { path, details }, says: "see the kubeconfig" },
    { what: "another kind", failure: { path: "/api/v1/pods" }, says: "see the kubeconfig" },
    { what: "a server that is none", failure: { path, reason: "NotFromTheApiServer" }, says: "see the kubeconfig" },
  ];
  for (const { what, failure, says } of cases) {
    await t.step(what, () => {
      const failed = { verb: "POST", status: 404, reason: "NotFound", text: "", effect: "none" } as const;
      const { code, details = "" } = toCniError(apiError({ ...failed, ...failure }), "ADD of sandbox c1");
      assertEquals([code, details.startsWith(says)], [107, true], details);
    });
  }
});

Deno.test("several errors become one that names each once, with the code of the first", () => {
  const later = new CniError(ErrorCode.TryAgain, "b", { details: "wait" });
  const nested = new AggregateError([
    new AggregateError([new CniError(ErrorCode.PoolExhausted, "a"), later], ""),
    later,
  ], "");
  const error = toCniError(nested, "ADD");
  assertEquals([error.code, error.message, error.details], [100, "a; b", "wait"]);
  assertEquals(toCniError(new AggregateError([], "nothing"), "ADD").message, "ADD: nothing");
});

Deno.test("of requests that failed alike one stands for all, and what failed is said once", () => {
  const failed = (verb: "POST" | "DELETE", path: string, rest: object = {}): Error =>
    apiError({ verb, path, status: 0, reason: "ConnectionFailed", text: "refused", effect: "none", ...rest });
  const cases = [
    {
      errors: [
        failed("DELETE", "/eps/a"),
        failed("DELETE", "/eps/b"),
        failed("DELETE", "/ips/a"),
        failed("POST", "/x"),
      ],
      says: "DEL: DELETE /eps/a: ConnectionFailed: refused (and 1 more like it); " +
        "DELETE /ips/a: ConnectionFailed: refused; POST /x: ConnectionFailed: refused",
    },
    {
      errors: ['ips "a"', 'ips "b"', 'eps "c"'].map((object) =>
        failed("POST", "/x", { status: 403, reason: "Forbidden", text: `${object} is forbidden: none of yours` })
      ),
      says: 'DEL: POST /x: 403 Forbidden: ips "a" is forbidden: none of yours (and 1 more like it); ' +
        'POST /x: 403 Forbidden: eps "c" is forbidden: none of yours',
    },
    {
      errors: [new Error("no device"), new Error("no device"), new Error("no file")],
      says: "DEL: no device; no file",
    },
  ];
  for (const { errors, says } of cases) assertEquals(toCniError(new AggregateError(errors, ""), "DEL").message, says);
});
