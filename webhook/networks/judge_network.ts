import { type FieldIssue, SchemaError } from "../../shared/schema/describe_issues.ts";
import { Routes, SYSTEM_NAMESPACE } from "../../shared/schema/meta.ts";
import {
  MAX_NETWORK_NAME,
  type Network,
  NETWORK_KINDS,
  type NetworkKind,
  type NetworkOptions,
} from "../../shared/schema/network.ts";
import { sameValue } from "../../shared/schema/same_value.ts";
import { validateNetwork } from "../../shared/schema/validate_network.ts";
import { valueAt } from "../../shared/schema/value_at.ts";
import type { AdmissionRequest } from "../admission_request.ts";
import type { NetworkRef } from "../cluster.ts";
import type { JudgeContext } from "../judge.ts";
import { ACCEPTED, type Verdict } from "../verdict.ts";
import { judgeHostLinks } from "./host_links.ts";
import { judgeChange, judgeDeletion, warnOfTenants } from "./in_use.ts";
import { planWarnings } from "./plan_warnings.ts";
import { readNetwork, readStored } from "./read_network.ts";
import { validateBitmaps } from "./validate_bitmaps.ts";
import { validateSubnets } from "./validate_subnets.ts";

/** Who copies the networks of an earlier release, as they are. */
export const MIGRATION = `system:serviceaccount:${SYSTEM_NAMESPACE}:danm-migrate`;

/** Characters that the API server leaves of a warning. */
const MAX_WARNING = 120;

/**
 * Judges networks of all kinds: what they say, what is attached to them, and how they get on with each other. Of a
 * stored network only what changes is judged.
 *
 * A network with Pods on it cannot be deleted, also not with its namespace. That ends by itself: the namespace's
 * controller tries again, and Pods need nothing of a network to go. From Kubernetes 1.33 on they go first anyway.
 */
export async function judgeNetwork(request: AdmissionRequest, context: JudgeContext): Promise<Verdict> {
  const { operation, object, oldObject } = request;
  const kind = NETWORK_KINDS.find((one) => one === request.kind.kind);
  if (!kind) throw new TypeError(`${request.kind.kind} is no kind of network`);
  if (operation === "DELETE") {
    // Whatever it was to be kept for, it is going already.
    if (valueAt(oldObject, "metadata.deletionTimestamp")) return ACCEPTED;
    return { ...ACCEPTED, denials: await judgeDeletion(refOf(request, kind), context) };
  }
  if (
    operation === "CONNECT" ||
    (operation === "UPDATE" && sameValue(valueAt(object, "spec"), valueAt(oldObject, "spec")))
  ) {
    return ACCEPTED;
  }
  const before = operation === "UPDATE" ? readStored(kind, oldObject) : undefined;
  const { network, issues } = validate(request, kind, before);
  if (!network || issues.length > 0) return { ...ACCEPTED, denials: issues };
  return await judgeBesideOthers(request, { network, before }, context);
}

function refOf({ name, namespace, object, oldObject }: AdmissionRequest, kind: NetworkKind): NetworkRef {
  const known = name || valueAt(object ?? oldObject, "metadata.name");
  return { kind, name: String(known ?? ""), ...(kind !== "ClusterNetwork" && { namespace }) };
}

/** Everything that can be said of a network alone. */
function validate(
  request: AdmissionRequest,
  kind: NetworkKind,
  before: Network | undefined,
): { network?: Network; issues: readonly FieldIssue[] } {
  const object = named(request);
  try {
    const network = readNetwork(kind, object, before && request.oldObject);
    const issues = [
      ...validateName(network, before),
      ...validateNetwork(network, before),
      ...validateSubnets(withRoutes(network, object), before && withRoutes(before, request.oldObject)),
      ...(before || request.userInfo.username !== MIGRATION ? validateBitmaps(network, before) : []),
    ];
    return { network, issues };
  } catch (error) {
    if (error instanceof SchemaError) return { issues: error.issues };
    throw error;
  }
}

/** The object with a place: while it is mutated it may have none, and what gets a generated name has none yet. */
function named({ object, name = "", namespace }: AdmissionRequest): unknown {
  if (typeof object !== "object" || object === null) return object;
  const { metadata } = object as { metadata?: object };
  return { ...object, metadata: { name, ...(namespace && { namespace }), ...metadata } };
}

function validateName({ metadata: { name } }: Network, before: Network | undefined): FieldIssue[] {
  if (before || name.length <= MAX_NETWORK_NAME) return [];
  const reason = `must not be longer than ${MAX_NETWORK_NAME} characters, it has ${name.length}: ` +
    "it is part of the names of held addresses";
  return [{ field: "metadata.name", reason }];
}

/** The options with routes as they were written: an empty gateway is "not set" elsewhere, here it is a mistake. */
function withRoutes({ spec: { Options } }: Network, object: unknown): NetworkOptions {
  const written = ["routes", "routes6"].flatMap((field) => {
    const routes = Routes.safeParse(valueAt(object, `spec.Options.${field}`));
    return routes.success ? [[field, routes.data]] : [];
  });
  return { ...Options, ...Object.fromEntries(written) };
}

async function judgeBesideOthers(
  request: AdmissionRequest,
  { network, before }: { network: Network; before: Network | undefined },
  context: JudgeContext,
): Promise<Verdict> {
  const ref = refOf(request, network.kind);
  const change = before && { network, before };
  const [links, inUse, tenants] = await Promise.all([
    judgeHostLinks(network, before, context),
    change ? judgeChange(ref, change, context) : [],
    change ? warnOfTenants(ref, change, context) : [],
  ]);
  const warnings = [...planWarnings(network, before), ...tenants, ...links.warnings];
  if (request.userInfo.username !== MIGRATION) return { denials: [...inUse, ...links.denials], warnings };
  // What an earlier release had is taken over with its mistakes: the Pods are there.
  const mistakes = links.denials.map(({ field, reason }) => `${field}: ${reason}`.slice(0, MAX_WARNING));
  return { denials: inUse, warnings: [...warnings, ...mistakes] };
}
