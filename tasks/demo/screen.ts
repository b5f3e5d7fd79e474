/** Where the demo writes: plain lines for people. */
export interface ScreenOptions {
  readonly write: (text: string) => void;
  readonly colours: boolean;
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, cyan: 36 } as const;

/** Numbered sections, tables, what commands printed, and checks, which it also counts. */
export class Screen {
  readonly #options: ScreenOptions;
  readonly #failures: string[] = [];
  #sections = 0;
  #checks = 0;

  /** Nothing is written before the first call of a method. */
  constructor(options: ScreenOptions) {
    this.#options = options;
  }

  /** What did not come out as it should have. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Number of checks so far. */
  get checks(): number {
    return this.#checks;
  }

  /** Starts the next section. */
  section(title: string): void {
    this.#sections++;
    this.#line(`\n${this.#paint("bold", `${this.#sections}. ${title}`)}`);
  }

  /** Writes indented lines. */
  say(text: string): void {
    for (const line of text.trimEnd().split("\n")) this.#line(`   ${line}`.trimEnd());
  }

  /** Writes a line about what goes on, of less weight. */
  progress(text: string): void {
    this.#line(`   ${this.#paint("dim", text)}`);
  }

  /** Writes a command as a person would type it, and what it printed. */
  command(typed: string, printed: string): void {
    this.#line(`   ${this.#paint("cyan", `$ ${typed}`)}`);
    this.say(printed);
  }

  /** Writes rows as a table; the first row is its head. */
  table(rows: readonly (readonly string[])[]): void {
    renderTable(rows).forEach((line, index) => this.say(index === 0 ? this.#paint("bold", line) : line));
  }

  /** Writes whether something is as expected, and remembers when it is not. */
  check(isAsExpected: boolean, what: string): void {
    this.#checks++;
    if (!isAsExpected) this.#failures.push(what);
    this.#line(`   ${isAsExpected ? this.#paint("green", "ok") : this.#paint("red", "FAILED")}  ${what}`);
  }

  /** Writes a line that starts at the margin, good or bad. */
  verdict(isGood: boolean, text: string): void {
    this.#line(`\n${this.#paint(isGood ? "green" : "red", text)}`);
  }

  #line(text: string): void {
    this.#options.write(`${text}\n`);
  }

  #paint(colour: keyof typeof CODES, text: string): string {
    return this.#options.colours ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
  }
}

/** Pads the cells of a table to columns; a row that is shorter than others ends early. */
export function renderTable(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  return rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ").trimEnd());
}
