import type { Fault, SeenRequest } from "../lab/fault_rules.ts";

/** One kind of bad day for one request. */
export interface FaultKind {
  readonly name: string;
  readonly fault: Fault;
  /** Requests that it makes a difference to. */
  readonly methods: readonly string[];
  /** Whether a caller must reach what it wants all the same, even when two of these come in a row. */
  readonly passing: boolean;
  /** Left out of combinations: what the caller makes of it is what he makes of another kind. */
  readonly alone?: boolean;
}

const WRITES = ["POST", "DELETE"];
const ALL = ["GET", ...WRITES];

/** Pauses that servers ask for. The one that callers wait for is shorter than any header can say. */
const SHORT_S = 0.005;
const AN_HOUR_S = 3600;

/** All kinds. An effect makes a difference to writes alone, and a conflict is never what a read is told. */
export const FAULT_KINDS: readonly FaultKind[] = [
  { name: "409 Conflict", fault: { kind: "answer", status: 409 }, methods: WRITES, passing: false },
  {
    name: "409 AlreadyExists, and nothing does",
    fault: { kind: "answer", status: 409, reason: "AlreadyExists" },
    methods: ["POST"],
    passing: false,
  },
  { name: "403", fault: { kind: "answer", status: 403 }, methods: ALL, passing: false },
  { name: "429", fault: { kind: "answer", status: 429, retryAfterS: SHORT_S }, methods: ALL, passing: true },
  {
    name: "429 for an hour",
    fault: { kind: "answer", status: 429, retryAfterS: AN_HOUR_S },
    methods: ALL,
    passing: false,
    alone: true,
  },
  { name: "500", fault: { kind: "answer", status: 500 }, methods: ALL, passing: true },
  {
    name: "503 after the effect",
    fault: { kind: "answer", status: 503, when: "after" },
    methods: WRITES,
    passing: true,
  },
  { name: "connection lost after the effect", fault: { kind: "drop", when: "after" }, methods: WRITES, passing: true },
  {
    name: "request reset after the effect",
    fault: { kind: "drop", when: "after", scope: "request" },
    methods: WRITES,
    passing: true,
    alone: true,
  },
  {
    name: "connection lost, the request on its way",
    fault: { kind: "drop", when: "meanwhile" },
    methods: WRITES,
    passing: true,
  },
  {
    name: "connection lost and the next one refused",
    fault: { kind: "drop", when: "before", refuse: 1 },
    methods: ALL,
    passing: true,
  },
  { name: "no answer", fault: { kind: "hang" }, methods: ALL, passing: false },
  { name: "no answer, done late", fault: { kind: "hold" }, methods: WRITES, passing: false },
  { name: "answer broken off", fault: { kind: "truncate" }, methods: ["GET"], passing: true },
  // Of a refusal that broke off nobody knows whether it was the API server's, and of what.
  { name: "answer broken off", fault: { kind: "truncate" }, methods: WRITES, passing: false },
  { name: "done twice", fault: { kind: "twice", answer: "first" }, methods: WRITES, passing: true },
  {
    name: "done twice, told of the second",
    fault: { kind: "twice", answer: "second" },
    methods: ["DELETE"],
    passing: true,
  },
  { name: "slow", fault: { kind: "delay", ms: 5 }, methods: ALL, passing: true, alone: true },
];

/** Kinds that make a difference to a request and are combined with others. */
export function kindsFor({ method }: Pick<SeenRequest, "method">): readonly FaultKind[] {
  return FAULT_KINDS.filter(({ methods, alone }) => methods.includes(method) && !alone);
}

/** Whether the caller hears nothing of it until its time is over. */
export function isSilent({ kind }: Fault): boolean {
  return kind === "hang" || kind === "hold";
}
