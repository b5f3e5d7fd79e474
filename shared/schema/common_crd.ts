import type { FieldKeywords, PrinterColumn } from "./render_crd.ts";

/** The column that every kind ends with. */
export const AGE: PrinterColumn = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "Time since the object was created",
};

/** Descriptions of `status.conditions`. */
export const CONDITION_DESCRIPTIONS: Readonly<Record<string, string>> = {
  "status.conditions": "Conditions of the object, one of each type.",
  "status.conditions[].type": "What the condition is about.",
  "status.conditions[].status": "Whether the condition holds.",
  "status.conditions[].reason": "Why, in one word for programs.",
  "status.conditions[].message": "Why, in a sentence for people.",
  "status.conditions[].lastTransitionTime": "When the status last changed.",
  "status.conditions[].observedGeneration": "Generation of the object that the condition was determined from.",
};

/** Keywords of `status.conditions`. */
export const CONDITION_KEYWORDS: Readonly<Record<string, FieldKeywords>> = {
  "status.conditions": { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] },
  "status.conditions[].lastTransitionTime": { format: "date-time" },
};
