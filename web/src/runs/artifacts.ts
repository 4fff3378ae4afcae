// Artifacts of a run: what it logged and used, by its notes in the config, which is no part of what a user set.

/** How the keys of notes begin: python/stepwell/writing/artifact_notes.py has their forms. */
const MARK = "_artifacts";

/** The config that was set, and the artifacts by name. */
export function splitArtifacts(config: Readonly<Record<string, unknown>>) {
  const set: Record<string, unknown> = {};
  const artifacts = new Map<string, string>();
  for (const [key, value] of Object.entries(config)) {
    const [, does, path = ""] = /^_artifacts\/(logged|used)\/(.+)$/.exec(key) ?? [];
    if (!key.startsWith(MARK)) set[key] = value;
    else if (does !== undefined) artifacts.set(path.replace("artifacts/", ""), described(does, value));
  }
  return { set, artifacts };
}

function described(does: string, note: unknown): string {
  if (does === "used" || typeof note !== "object" || note === null) return does;
  const { type, aliases } = note as { type?: unknown; aliases?: object };
  return [`${does} (${String(type)})`, ...Object.keys(aliases ?? {})].join(", ");
}
