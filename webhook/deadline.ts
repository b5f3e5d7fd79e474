/** The API server's own default, for callers that do not say how long they wait. */
const DEFAULT_TIMEOUT_MS = 10_000;
/** The API server allows no more. */
const MAX_TIMEOUT_MS = 30_000;
/** The answer has to get back, too: a tenth of the time is for that, but no more than this. */
const MAX_MARGIN_MS = 500;

const UNIT_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 1e-3,
  "µs": 1e-3,
  ns: 1e-6,
};

/**
 * Milliseconds that a request may take.
 *
 * @param timeout what the API server says in the query, a duration as Go writes it (`10s`, `1m30s`); one that is
 * missing or cannot be read counts as the default
 */
export function deadlineMs(timeout: string | undefined): number {
  const givenMs = Math.min(durationMs(timeout ?? "") ?? DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS);
  return givenMs - Math.min(givenMs / 10, MAX_MARGIN_MS);
}

function durationMs(text: string): number | undefined {
  if (!/^(\d{1,9}(\.\d{1,9})?(h|m|s|ms|us|µs|ns))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)/g)) {
    sum += Number(amount) * (UNIT_MS[unit ?? ""] ?? 0);
  }
  return sum > 0 ? sum : undefined;
}
