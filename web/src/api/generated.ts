// Facts of rust/model, written by scripts/generate_facts.py; don't edit.

/** The label that stands for all labels in a question, so no writer may have it. */
export const ALL_LABELS = "*";

/** The key of a row's step, an integer. */
export const STEP = "_step";

/** The key of a row's time, in seconds since 1970. */
export const TIMESTAMP = "_timestamp";

/** The key of a row's time since the run began, in seconds. */
export const RUNTIME = "_runtime";
