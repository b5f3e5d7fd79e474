/** A CNI plugin that does what a test tells it, and says what it was asked. */
import { join } from "node:path";

/** What a scripted plugin does when it is called; none of it = it makes a link and answers with it. */
export interface Behaviour {
  /** Shell text that runs before anything else, with the variables of CNI; may end the script. */
  readonly before?: string;
  /** Takes the place of the result. `$CNI_NETNS` and the like are not replaced. */
  readonly prints?: string;
  readonly exits?: number;
}

/** One call of it, as it was made. */
export interface SeenCall {
  readonly command: string;
  readonly interface: string;
  readonly netns: string;
  readonly args: string;
  /** What it read. */
  readonly conf: Record<string, unknown>;
}

/** A plugin of a name of its own, in a directory for CNI_PATH. */
export class ScriptedDelegate {
  readonly type: string;
  readonly #dir: string;

  private constructor(dir: string, type: string) {
    this.#dir = dir;
    this.type = type;
  }

  /** Writes its executable to `<dir>/bin`, which has to be in CNI_PATH. */
  static async create(dir: string, type: string): Promise<ScriptedDelegate> {
    const own = join(dir, type);
    await Deno.mkdir(join(own, "calls"), { recursive: true });
    await Deno.mkdir(join(dir, "bin"), { recursive: true });
    const delegate = new ScriptedDelegate(own, type);
    await delegate.behave({});
    await Deno.writeTextFile(join(dir, "bin", type), render(own), { mode: 0o755 });
    return delegate;
  }

  /** Says what the next calls do, by their command; a command that is not named succeeds. */
  async behave(
    behaviours: { readonly ADD?: Behaviour; readonly DEL?: Behaviour; readonly CHECK?: Behaviour },
  ): Promise<void> {
    for (const command of ["ADD", "DEL", "CHECK"] as const) {
      const { before = "", prints, exits = 0 } = behaviours[command] ?? {};
      const ending = prints === undefined ? "" : `printf '%s' '${prints.replaceAll("'", "'\\''")}'\n`;
      const text = `${before}\n${prints === undefined && exits === 0 ? DEFAULT[command] : ending}exit ${exits}\n`;
      await Deno.writeTextFile(join(this.#dir, `${command}.new`), text);
      await Deno.rename(join(this.#dir, `${command}.new`), join(this.#dir, command));
    }
  }

  /** The calls since this was last asked, in their order. */
  async calls(): Promise<SeenCall[]> {
    const calls = join(this.#dir, "calls");
    const names = Array.from(Deno.readDirSync(calls), ({ name }) => Number(name)).sort((a, b) => a - b);
    const texts = await Promise.all(names.map((name) => Deno.readTextFile(join(calls, String(name)))));
    for (const name of names) await Deno.remove(join(calls, String(name)));
    return texts.map((text) => {
      const [command = "", ifname = "", netns = "", args = "", ...stdin] = text.split("\n");
      return { command, interface: ifname, netns, args, conf: JSON.parse(stdin.join("\n")) };
    });
  }
}

/** A dummy link that a kernel without dummies has, too; the address is documentation's. */
const MAKE_LINK = `nsenter --net="$CNI_NETNS" ip link add name "$CNI_IFNAME" type bridge`;

/** Makes the interface, for a `before` that then fails. */
export const MAKES_LINK = MAKE_LINK;

const DEFAULT = {
  ADD: `${MAKE_LINK}
nsenter --net="$CNI_NETNS" ip addr add 192.0.2.7/24 dev "$CNI_IFNAME"
printf '{"cniVersion":"1.0.0","interfaces":[{"name":"%s","sandbox":"%s"}],' "$CNI_IFNAME" "$CNI_NETNS"
printf '"ips":[{"address":"192.0.2.7/24","interface":0}]}'
`,
  DEL: `[ -z "$CNI_NETNS" ] || nsenter --net="$CNI_NETNS" ip link del dev "$CNI_IFNAME" 2>/dev/null || true
`,
  CHECK: "",
} as const;

function render(dir: string): string {
  return `#!/bin/sh
n=1
conf=$(cat)
until (set -C; : >"${dir}/calls/$n") 2>/dev/null; do n=$((n + 1)); done
printf '%s\\n' "$CNI_COMMAND" "$CNI_IFNAME" "$CNI_NETNS" "$CNI_ARGS" "$conf" >"${dir}/calls/$n"
. "${dir}/$CNI_COMMAND"
`;
}
