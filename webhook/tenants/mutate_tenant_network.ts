import { SchemaError } from "../../shared/schema/describe_issues.ts";
import { type Network, networkType } from "../../shared/schema/network.ts";
import { sameValue } from "../../shared/schema/same_value.ts";
import { valueAt } from "../../shared/schema/value_at.ts";
import type { AdmissionRequest } from "../admission_request.ts";
import type { Judge, JudgeContext } from "../judge.ts";
import { judgeNetwork, MIGRATION } from "../networks/judge_network.ts";
import { readNetwork } from "../networks/read_network.ts";
import { ACCEPTED, type Denial, type Verdict } from "../verdict.ts";
import { type Assignment, nameOf, type Plan } from "./plan_assignment.ts";
import { planKept, withAssignment } from "./plan_assigned.ts";
import { planReservations } from "./plan_reservations.ts";
import { readTenancy } from "./tenancy.ts";
import { type ReserverDeps, VniReserver } from "./vni_reserver.ts";

/** Devices that may be used up one after the other between the choice and the reservation. */
const MAX_TRIES = 8;

/**
 * Makes the judge that gives TenantNetworks what the TenantConfigs have for them. On creation everything that can be
 * said against the network is said first; only then a VNI is reserved, and not on a dry run. On a change it puts back
 * what was assigned where the change leaves it out.
 *
 * It has to be asked after `mutateNetwork`, and as the last one: whoever denies after it leaves a reservation to the
 * cleaner.
 */
export function createTenantNetworkMutation(deps: ReserverDeps): Judge {
  const reserver = new VniReserver(deps);
  const { random } = deps;
  return async (request, context) => {
    // What an earlier release had is taken over as it is.
    if (request.userInfo.username === MIGRATION) return ACCEPTED;
    if (request.operation === "UPDATE") return await keepAssigned(request, context);
    if (request.operation !== "CREATE") return ACCEPTED;
    return await assign(request, { ...context, reserver, random });
  };
}

interface AssignContext extends JudgeContext {
  readonly reserver: VniReserver;
  readonly random: () => number;
}

async function assign(request: AdmissionRequest, context: AssignContext): Promise<Verdict> {
  const network = readCreated(request);
  if (Array.isArray(network)) return { ...ACCEPTED, denials: network };
  for (let tries = 1;; tries++) {
    const plan = await findPlan(network, request, context);
    if ("denials" in plan) return { ...ACCEPTED, denials: plan.denials };
    const judged = await judgeAssigned(request, plan.assignment, context);
    const { device, vni } = plan.assignment;
    if (judged.denials.length > 0) {
      // What was free when it was looked for may be another network's when it is judged.
      if (!vni || vni.isReserved || tries === MAX_TRIES) return judged;
      const now = await findPlan(network, request, context);
      if ("assignment" in now && sameValue([now.assignment.device, now.assignment.vni], [device, vni])) return judged;
      continue;
    }
    if (request.dryRun || !device || !vni || vni.isReserved) return judged;
    const { reserver, cluster, signal } = context;
    const reserved = await reserver.reserve(onDevice(network, plan.assignment), { cluster, signal });
    if ("assignment" in reserved) {
      const { device, vni, warnings } = reserved.assignment;
      context.log.info("reserved", { network: nameOf(network), device: device?.name, ...vni });
      return accepted(request, { ...plan.assignment, ...reserved.assignment, warnings }, judged.warnings);
    }
    // The device was used up meanwhile; where nobody asked for it, another one does as well.
    const isChosen = !network.spec.Options.host_device && !network.spec.Options.device_pool;
    if (!isChosen || tries === MAX_TRIES) return { ...ACCEPTED, denials: reserved.denials };
  }
}

/** The network as it came, or what denies it already. */
function readCreated({ object, namespace, name }: AdmissionRequest): Network | Denial[] {
  if (!name && !valueAt(object, "metadata.name")) {
    const reason = "a TenantNetwork needs metadata.name: its VNI is reserved under its name";
    return [{ field: "metadata.generateName", reason }];
  }
  try {
    const network = readNetwork("TenantNetwork", object);
    return { ...network, metadata: { ...network.metadata, namespace: namespace || network.metadata.namespace } };
  } catch (error) {
    if (error instanceof SchemaError) return [...error.issues];
    throw error;
  }
}

async function findPlan(
  network: Network,
  { dryRun }: AdmissionRequest,
  { cluster, signal, random }: AssignContext,
): Promise<Plan> {
  const networks = await cluster.listNetworks(signal);
  const configs = await cluster.listTenantConfigs(signal);
  const claim = { network, random: random(), dryRun: dryRun ?? false };
  const { grants: [grant] } = planReservations([claim], { configs, networks });
  if (!grant) throw new Error("a claim without an answer");
  return grant.plan;
}

/** Judges the network as it would be stored. */
async function judgeAssigned(
  request: AdmissionRequest,
  assignment: Assignment,
  context: JudgeContext,
): Promise<Verdict> {
  const verdict = accepted(request, assignment, []);
  const { denials } = await judgeNetwork({ ...request, object: verdict.object }, context);
  return { ...verdict, denials };
}

function accepted({ object }: AdmissionRequest, assignment: Assignment, warnings: readonly string[]): Verdict {
  return {
    denials: [],
    warnings: [...new Set([...warnings, ...assignment.warnings])],
    object: withAssignment(object, assignment),
  };
}

function onDevice(network: Network, { device }: Assignment): Network {
  if (!device) return network;
  const Options = { ...network.spec.Options, [device.field]: device.name };
  return { ...network, spec: { ...network.spec, Options } };
}

async function keepAssigned(request: AdmissionRequest, context: JudgeContext): Promise<Verdict> {
  const { object, oldObject } = request;
  if (sameValue(valueAt(object, "spec"), valueAt(oldObject, "spec"))) return ACCEPTED;
  const mapping = await findMapping(request, context);
  const kept = planKept(object, oldObject, mapping);
  return sameValue(kept, object) ? ACCEPTED : { ...ACCEPTED, object: kept };
}

/** What the type of a network is mapped to, where the network keeps its type and does not keep its NetworkID. */
async function findMapping(
  { object, oldObject }: AdmissionRequest,
  { cluster, signal }: JudgeContext,
): Promise<{ networkId: string; config: string } | undefined> {
  const [now, before] = [object, oldObject].map((one) => {
    const type = valueAt(one, "spec.NetworkType");
    return networkType({ NetworkType: typeof type === "string" ? type : "" });
  });
  if (now !== before || now === undefined) return undefined;
  if (valueAt(object, "spec.NetworkID") === valueAt(oldObject, "spec.NetworkID")) return undefined;
  return readTenancy(await cluster.listTenantConfigs(signal)).mappings.get(now);
}
