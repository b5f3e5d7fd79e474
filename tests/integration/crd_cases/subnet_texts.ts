const SEEDS = [
  "10.0.0.0/24",
  "192.168.100.17/31",
  "0.0.0.0/9",
  "255.255.255.255/32",
  "2001:db8::/64",
  "2001:0DB8:0:0:1::1/127",
  "1:2:3:4:5:6:7::/112",
  "::2:3:4:5:6:7:8/120",
  "1::3:4:5:6:7:8/64",
  "64:ff9b::192.0.2.33/96",
  "::ffff:10.0.0.1/120",
  "::ffff:a00:1/120",
  "::10.0.0.1/120",
  "126.0.0.0/9",
  "fe80::1/10",
  "fe00::/9",
  "::/0",
];

const CHARACTERS = "0123456789abcdefABF.:/%-+ x";

/**
 * Texts that are subnets, or nearly: seeds, and seeds with some characters replaced, inserted or removed.
 *
 * @param count how many; the same texts for the same number, so that a failure can be repeated
 */
export function subnetTexts(count: number): string[] {
  const next = randomNumbers(20_261_121);
  const texts = new Set(SEEDS);
  while (texts.size < count) {
    let text = SEEDS[next(SEEDS.length)] ?? "";
    for (let edits = 1 + next(2); edits > 0; edits--) text = edited(text, next);
    texts.add(text);
  }
  return [...texts];
}

/** IPv6 values with runs of zeros in every place, where the canonical form is not obvious. */
export function v6Values(count: number): bigint[] {
  const next = randomNumbers(5952);
  return Array.from({ length: count }, () => {
    let value = 0n;
    for (let group = 0; group < 8; group++) {
      value = (value << 16n) | BigInt(next(5) < 3 ? 0 : next(1 << (4 + next(13))));
    }
    return value;
  });
}

function edited(text: string, next: (below: number) => number): string {
  const at = next(text.length + 1);
  const character = CHARACTERS[next(CHARACTERS.length)] ?? "";
  const replaced = next(3);
  if (replaced === 0) return text.slice(0, at) + character + text.slice(at);
  return text.slice(0, at) + (replaced === 1 ? character : "") + text.slice(at + 1);
}

/** A linear congruential generator: whole numbers from 0 up to, but without, `below`. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
