import { keyOf, type Manifest } from "./rendered.ts";

/** What the containers of workloads lack, as sentences. */
export function findBadPods(manifests: readonly Manifest[], { version }: { version: string }): string[] {
  return manifests.filter(({ kind }) => kind === "DaemonSet" || kind === "Deployment").flatMap((workload) => {
    const { spec } = workload["spec"].template;
    const faults = [...podFaults(spec), ...spec.containers.flatMap((one: Manifest) => containerFaults(one, version))];
    return faults.map((fault) => `${keyOf(workload)}: ${fault}`);
  });
}

function podFaults(spec: Manifest["spec"]): string[] {
  const volumes: string[] = (spec.volumes ?? []).map(({ name }: { name: string }) => name);
  const mounted: string[] = spec.containers.flatMap(({ volumeMounts }: Manifest) => volumeMounts ?? [])
    .map(({ name }: { name: string }) => name);
  return [
    ...volumes.filter((name) => !mounted.includes(name)).map((name) => `volume ${name} is mounted by nobody`),
    ...mounted.filter((name) => !volumes.includes(name)).map((name) => `there is no volume ${name}`),
    ...fault(spec.securityContext?.seccompProfile?.type !== "RuntimeDefault", "no seccomp profile"),
    ...fault(spec.enableServiceLinks !== false, "variables for every Service of the namespace"),
    ...fault(!(spec.terminationGracePeriodSeconds >= 30), "too little time to end"),
  ];
}

function containerFaults({ image, resources, securityContext, ...container }: Manifest, version: string): string[] {
  const probes = ["startupProbe", "livenessProbe", "readinessProbe"];
  return [
    ...fault(!new RegExp(`^danm\\.local/[a-z]+:${version}$`).test(image), `${image} is no image of ${version}`),
    ...["cpu", "memory"].flatMap((name) => fault(!resources?.requests?.[name], `no request of ${name}`)),
    ...fault(!resources?.limits?.memory, "no limit of memory"),
    ...fault(resources?.limits?.cpu !== undefined, "a limit of CPU, at which it would stall"),
    ...probes.flatMap((name) => fault(!container[name], `no ${name}`)),
    ...["startupProbe", "livenessProbe"].flatMap((name) => impatience(name, container[name])),
    ...fault(securityContext?.allowPrivilegeEscalation !== false, "privileges can be escalated"),
    ...fault(securityContext?.readOnlyRootFilesystem !== true, "the root file system can be written"),
    ...fault(securityContext?.privileged === true, "privileged"),
    ...fault(JSON.stringify(securityContext?.capabilities?.drop) !== `["ALL"]`, "capabilities are not dropped"),
  ];
}

/** On a node that is overloaded a container that works has been started again by liveness of 3 × 10 s. */
function impatience(name: string, probe: Manifest["probe"]): string[] {
  const { periodSeconds = 10, timeoutSeconds = 1, failureThreshold = 3 } = probe ?? {};
  return [
    ...fault(periodSeconds * failureThreshold < 120, `${name} starts it again after less than two minutes`),
    ...fault(timeoutSeconds < 5, `${name} gives it less than 5 s to answer`),
  ];
}

function fault(is: boolean, text: string): string[] {
  return is ? [text] : [];
}
