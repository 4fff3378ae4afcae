// Ranks the entries of the palette by what was typed, best first.

/** Every word must occur; names that begin with the first word come first. */
export function rankEntries<T extends { name: string }>(entries: readonly T[], text: string): T[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return [...entries];
  const first = words[0] as string;
  return entries
    .filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
    .sort((a, b) => Number(b.name.toLowerCase().startsWith(first)) - Number(a.name.toLowerCase().startsWith(first)));
}
