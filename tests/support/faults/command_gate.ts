/** A gate in front of every command that a plugin starts: counts them, and kills the plugin at the one that is asked for. */
import { join } from "node:path";
import { NODE_ENV } from "../lab/node.ts";

/** When the plugin is killed: before its command did anything, before it starts and then it goes on alone, or when it has ended. */
export type CommandMoment = "before" | "orphan" | "after";

/** Commands that the plugin starts by name, and plugins that it finds in CNI_PATH. */
const COMMANDS = ["ip", "nsenter", "realpath", "sysctl"] as const;

/**
 * A directory of small scripts to be put in front of PATH and CNI_PATH. Each takes a number (the name of a file that it
 * is the first to create), looks whether that is the one to kill its parent at, and becomes the real command; with the
 * real PATH, so that what `nsenter` runs in turn is not counted. The scripts work by files alone, thus in a node with a
 * kernel of its own too, and one after the other decides, so nobody has to wait for anybody.
 */
export class CommandGate {
  readonly #dir: string;
  readonly #cniPath: string;
  #round = 0;

  private constructor(dir: string, cniPath: string) {
    this.#dir = dir;
    this.#cniPath = cniPath;
  }

  /**
   * @param dir to be made; the same path in the node
   * @param options.cniPath the real CNI_PATH
   * @param options.plugins delegates to be counted, with the real one's path
   */
  static async create(
    dir: string,
    options: { cniPath: string; plugins: Readonly<Record<string, string>> },
  ): Promise<CommandGate> {
    await Deno.mkdir(join(dir, "bin"), { recursive: true });
    for (const name of COMMANDS) await write(dir, { name, real: name });
    for (const [name, real] of Object.entries(options.plugins)) await write(dir, { name, real });
    const gate = new CommandGate(dir, options.cniPath);
    await gate.arm();
    return gate;
  }

  /** What a call of the plugin needs to pass through the gate. */
  get options(): { path: string; env: Record<string, string> } {
    const bin = join(this.#dir, "bin");
    return { path: `${bin}:${NODE_ENV["PATH"]}`, env: { CNI_PATH: `${bin}:${this.#cniPath}` } };
  }

  /** Starts counting anew; `kill` is what the next call is killed at. */
  async arm(kill?: { step: number; moment: CommandMoment }): Promise<void> {
    // A directory of its own: commands of a call that was killed may still be at the last one.
    await Deno.mkdir(this.#steps(++this.#round));
    const plan = kill ? `${kill.step} ${kill.moment}` : "0 none";
    await Deno.writeTextFile(join(this.#dir, "plan.new"), `${this.#steps()} ${plan}\n`);
    await Deno.rename(join(this.#dir, "plan.new"), join(this.#dir, "plan"));
  }

  /** The commands that were started since then, in that order. */
  async steps(): Promise<string[]> {
    const names = Array.from(Deno.readDirSync(this.#steps()), ({ name }) => name);
    const sorted = names.sort((a, b) => Number(a) - Number(b));
    return await Promise.all(sorted.map(async (name) => (await Deno.readTextFile(join(this.#steps(), name))).trim()));
  }

  #steps(round = this.#round): string {
    return join(this.#dir, `steps-${round}`);
  }
}

async function write(dir: string, { name, real }: { name: string; real: string }): Promise<void> {
  await Deno.writeTextFile(join(dir, "bin", name), renderShim(dir, { name, real }), { mode: 0o755 });
}

function renderShim(dir: string, { name, real }: { name: string; real: string }): string {
  return `#!/bin/sh
PATH='${NODE_ENV["PATH"]}'
read -r steps step moment <"${dir}/plan"
n=1
until (set -C; echo "${name} $*" >"$steps/$n") 2>/dev/null; do n=$((n + 1)); done
[ "$n" = "$step" ] || exec "${real}" "$@"
case $moment in
  before) kill -KILL $PPID; exit 1 ;;
  orphan) kill -KILL $PPID; exec "${real}" "$@" ;;
  after) "${real}" "$@"; kill -KILL $PPID ;;
esac
`;
}
