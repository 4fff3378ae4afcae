// Sections of the workspace: keys grouped by the part before their first slash.
import type { KeyInfo } from "../api/types";

export interface Section {
  name: string;
  keys: KeyInfo[];
}

const PLAIN = "charts";
const LAST = "system";

export function sectionName(key: string): string {
  const slash = key.indexOf("/");
  return slash > 0 ? key.slice(0, slash) : PLAIN;
}

/** "charts" first, then by name, `system` last; keys by name within a section. */
export function groupSections(keys: readonly KeyInfo[]): Section[] {
  const sections = new Map<string, KeyInfo[]>();
  for (const info of keys) {
    const name = sectionName(info.key);
    const members = sections.get(name);
    if (members === undefined) sections.set(name, [info]);
    else members.push(info);
  }
  const place = (name: string) => (name === PLAIN ? 0 : name === LAST ? 2 : 1);
  return [...sections]
    .map(([name, members]) => ({
      name,
      keys: members.sort((a, b) => a.key.localeCompare(b.key, "en", { numeric: true })),
    }))
    .sort((a, b) => place(a.name) - place(b.name) || a.name.localeCompare(b.name, "en", { numeric: true }));
}

/** A search as a case-insensitive regex; an unfinished pattern matches as plain text instead of nothing. */
export function matchKeys(keys: readonly KeyInfo[], query: string): KeyInfo[] {
  if (query === "") return [...keys];
  let matches: (key: string) => boolean;
  try {
    const pattern = new RegExp(query, "i");
    matches = (key) => pattern.test(key);
  } catch {
    const plain = query.toLowerCase();
    matches = (key) => key.toLowerCase().includes(plain);
  }
  return keys.filter((info) => matches(info.key));
}
