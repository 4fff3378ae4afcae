// Run colours: a slot, given once per run by the server, picks the same hue family in both themes and a dash
// from slot 8 on.

export type Theme = "dark" | "light";

const PALETTES: Record<Theme, readonly string[]> = {
  light: (
    "6F69D2 355218 A48D51 76017A 1E9DB3 99505D 3734C8 796611 E94391 654B7C " + "A20E40 BC3E96 378D74 125FC5 8B40AB 728D20 833260 956C4B 9E62F2 4A3595"
  ).split(" "),
  dark: (
    "B8ADE6 23A123 FBDF79 D047AF 9AF0F6 FA8684 8881FE D7B732 BA7D91 C684DF " + "FA4E63 F4BBD1 23E1A6 36AAFF A061E3 C7E614 F38EC4 D96C18 877AC4 C0C9FE"
  ).split(" "),
};

/** Colour alone tells eight runs apart; later slots also differ by dash (CSS pixels on, off, …). */
const SOLID_SLOTS = 8;
const DASHES: readonly (readonly number[])[] = [
  [7, 3],
  [2, 2],
  [10, 3, 2, 3],
  [4, 4],
];

export function runColor(slot: number, theme: Theme): string {
  const palette = PALETTES[theme];
  const index = ((Math.trunc(slot) % palette.length) + palette.length) % palette.length;
  return `#${palette[index]}`;
}

export function runDash(slot: number): readonly number[] {
  if (slot < SOLID_SLOTS) return [];
  return DASHES[(slot - SOLID_SLOTS) % DASHES.length] as readonly number[];
}
