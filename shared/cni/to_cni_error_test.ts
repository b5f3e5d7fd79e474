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
