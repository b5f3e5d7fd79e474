import { planAddresses, type PlannedAddress } from "../../ipam/plan_addresses.ts";
import {
  findRepeatedNames,
  isBare,
  type NamedInterface,
  nameInterface,
  type NamingScheme,
  withoutAddress,
} from "../../ipam/plan_interfaces.ts";
import { chooseIpam } from "../../ipam/plan_ipam.ts";
import { CniError, messageOf } from "../../shared/errors.ts";
import { describeNetwork } from "../../shared/schema/describe_network.ts";
import { SchemaError } from "../../shared/schema/describe_issues.ts";
import type { InterfaceRequest } from "../../shared/schema/interfaces_annotation.ts";
import type { Network } from "../../shared/schema/network.ts";
import { isStatic } from "../../shared/schema/network_backend.ts";
import { RequestError } from "../../shared/schema/request_error.ts";
import type { Finding } from "./finding.ts";
import { type AskedAddresses, planRepeatedAddresses } from "./plan_repeated_addresses.ts";
import { type FoundNetworks, planUse } from "./plan_use.ts";

/** What the interfaces that a Pod asks for are judged by. */
export interface PodFindingsInput {
  /** Full name of the annotation that asks for them. */
  readonly annotation: string;
  readonly namespace: string;
  readonly namingScheme: NamingScheme;
  readonly requests: readonly InterfaceRequest[];
  readonly networks: FoundNetworks;
}

/**
 * Everything about the interfaces that a Pod asks for that its attachment would fail of. Fatal is what is asked of a
 * network that is there and cannot give it; what a network that is missing or broken leaves open is not.
 */
export function planPodFindings(input: PodFindingsInput): Finding[] {
  const judged = input.requests.map((request, index) => judgeOne(input, { request, index }));
  const named = judged.flatMap(({ named }) => named ?? []);
  return [
    ...judged.flatMap(({ findings }) => findings),
    ...planRepeatedAddresses(judged.flatMap(({ asked }) => asked ?? []), input.annotation),
    ...findRepeatedNames(named).map((error) => findingOf(input, { path: "", error })),
  ];
}

interface One {
  readonly request: InterfaceRequest;
  readonly index: number;
}

interface Judged {
  readonly findings: readonly Finding[];
  /** Absent where no name can be given. */
  readonly named?: NamedInterface;
  /** Absent where the network cannot be used. */
  readonly asked?: AskedAddresses;
}

function judgeOne(input: PodFindingsInput, one: One): Judged {
  const { request: { kind, name }, index } = one;
  const { annotation, namespace } = input;
  const subject = describeNetwork(kind, namespace, name);
  const { network, findings } = planUse(input.networks, { annotation, path: `[${index}]`, subject, namespace });
  if (!network) return { findings };
  const named = attempt(input, `[${index}]`, () => [nameOf(input, { prefix: prefixOf(network), index, subject })]);
  const asked = judgeAddresses(input, { ...one, network, subject });
  return {
    findings: [
      ...findings,
      ...named.findings,
      ...asked.findings,
      ...judgePolicyRoutes(input, { ...one, network, subject }),
    ],
    asked: { path: `[${index}]`, network, addresses: asked.addresses },
    ...(named.value[0] !== undefined && { named: { interface: named.value[0], subject } }),
  };
}

function prefixOf({ spec: { Options: options } }: Network): string | undefined {
  return options.container_prefix;
}

function nameOf(
  { namingScheme }: PodFindingsInput,
  at: { prefix: string | undefined; index: number; subject: string },
): string {
  // The only name that runtimes of Kubernetes ask for.
  return at.index === 0 ? "eth0" : nameInterface(namingScheme, at);
}

function judgeAddresses(
  input: PodFindingsInput,
  of: One & { network: Network; subject: string },
): { findings: Finding[]; addresses: readonly PlannedAddress[] } {
  const { request: { ip, ip6 }, network, index, subject } = of;
  const source = sourceOf(input);
  const field = `[${index}]`;
  const chosen = attempt(
    input,
    field,
    () => isStatic(network) ? [chooseIpam(of.request, { network, subject, source, field })] : [],
  );
  const [ipam] = chosen.value;
  if (chosen.findings.length > 0 || ipam === "file") return { findings: chosen.findings, addresses: [] };
  const planned = (ipam === "none" ? [] : [{ ip }, { ip6 }]).map((wanted) =>
    attempt(input, field, () => planAddresses(wanted, { network, subject, source, path: `${field}.` }))
  );
  const findings = planned.flatMap((plan) => plan.findings);
  const addresses = planned.flatMap((plan) => plan.value);
  if (index > 0 || findings.length > 0 || !isBare({ addresses, ipam })) return { findings, addresses };
  const bare = findingOf(input, { path: field, error: withoutAddress({ interface: "eth0", subject }) });
  return { findings: [bare], addresses };
}

function judgePolicyRoutes(
  { annotation }: PodFindingsInput,
  { request, network, index, subject }: One & { network: Network; subject: string },
): Finding[] {
  if (network.spec.Options.rt_tables !== undefined) return [];
  const reason = `not set, as ${subject} has no rt_tables`;
  return (["proutes", "proutes6"] as const).filter((key) => request[key] !== undefined)
    .map((key) => ({ annotation, path: `[${index}].${key}`, reason, fatal: false }));
}

/** As messages of shared code call the annotation. */
function sourceOf({ annotation }: PodFindingsInput): string {
  return `annotation ${annotation}`;
}

function attempt<T>(
  input: PodFindingsInput,
  path: string,
  run: () => readonly T[],
): { value: readonly T[]; findings: Finding[] } {
  try {
    return { value: run(), findings: [] };
  } catch (error) {
    return { value: [], findings: [findingOf(input, { path, error })] };
  }
}

/** What is wrong with the network itself others can mend; but not how long its prefix is for this Pod's interface. */
function findingOf(input: PodFindingsInput, { path, error }: { path: string; error: unknown }): Finding {
  const { annotation } = input;
  if (error instanceof RequestError) {
    return { annotation, path: error.field, reason: withAdvice(error.reason, error), fatal: true };
  }
  const [issue] = error instanceof SchemaError && error.subject === sourceOf(input) ? error.issues : [];
  if (issue) return { annotation, path: issue.field, reason: issue.reason, fatal: true };
  if (error instanceof CniError) return { annotation, path, reason: withAdvice(error.message, error), fatal: true };
  if (!(error instanceof SchemaError)) throw error;
  const isName = error.issues.every(({ field }) => field === "spec.Options.container_prefix");
  return { annotation, path, reason: messageOf(error), fatal: isName };
}

function withAdvice(reason: string, { details }: CniError): string {
  return details === undefined ? reason : `${reason}; ${details}`;
}
