/** A process told apart from a later one that got the same number. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks after boot, as in field 22 of /proc/PID/stat. */
  readonly startTime: string;
}

/** Reads when a process started; undefined when there is none of that number, or only a zombie. */
export function findStartTime(pid: number): string | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name, in brackets, may itself hold spaces and brackets.
  const [state, ...fields] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return state === "Z" || state === "X" ? undefined : fields[18];
}

/** Tells whether this very process, not another one of the same number, is still running. */
export function isRunning(process: ProcessId): boolean {
  return findStartTime(process.pid) === process.startTime;
}

/** Describes the process that runs this code. */
export function thisProcess(): ProcessId {
  const startTime = findStartTime(Deno.pid);
  if (startTime === undefined) throw new Error("/proc is not mounted: cannot tell when this process started");
  return { pid: Deno.pid, startTime };
}

/** Lists all processes that `accept` takes, zombies excepted. */
export function findProcesses(accept: (pid: number) => boolean): ProcessId[] {
  const found: ProcessId[] = [];
  for (const entry of Deno.readDirSync("/proc")) {
    const pid = Number(entry.name);
    if (!Number.isInteger(pid) || !accept(pid)) continue;
    const startTime = findStartTime(pid);
    if (startTime !== undefined) found.push({ pid, startTime });
  }
  return found;
}

/** The inode number of a process's network namespace; undefined when it is gone or not to be looked into. */
export function findNetworkNamespace(pid: number): string | undefined {
  try {
    return /\[(\d+)\]/.exec(Deno.readLinkSync(`/proc/${pid}/ns/net`))?.[1];
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** The text of a file as the process sees it, in its mount namespace; undefined when there is no such file. */
export function findFileOf(pid: number, path: string): string | undefined {
  return readProc(`/proc/${pid}/root${path}`);
}

/** Tells whether something is mounted for the process that lies in a directory of that name, wherever that is. */
export function hasMountFrom(pid: number, directory: string): boolean {
  return readProc(`/proc/${pid}/mountinfo`)?.includes(`/${directory}/`) ?? false;
}

/** The cgroups that containerd made for the container that a process is in, a path for all hierarchies or several. */
export function findContainerCgroups(pid: number): ReadonlySet<string> {
  const lines = readProc(`/proc/${pid}/cgroup`) ?? "";
  return new Set([...lines.matchAll(/:(\/k8s\.io\/[0-9a-f]{64})$/gm)].map(([, path = ""]) => path));
}

function readProc(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

// ESRCH: a process can end between the opening of its file and the reading of it. EINVAL: it is ending, and has no
// mounts any more. EACCES: some machines run processes that root may not look into; those are never a lab's.
function isUnreadable(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied ||
    (error instanceof Error && /\(os error (3|22)\)/.test(error.message));
}
