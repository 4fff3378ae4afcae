// Masks and boxes over images: their sets and classes, and those that are switched on, panel by panel.
import { create } from "zustand";
import type { Box, ImageRecord } from "../../api/records";
import { className, isBackground } from "./classes";

export type OverlayKind = "masks" | "boxes";

export interface OverlaySet {
  kind: OverlayKind;
  name: string;
  /** Names it in the switches, and its classes with their number behind. */
  id: string;
  classes: { id: number; name: string }[];
}

export interface OverlayState {
  /** What was switched by hand; the rest is as `isOn` says. */
  switches: Readonly<Record<string, boolean>>;
  /** Of masks, 0 to 1. */
  opacity: number;
  /** Least score of a box, by the score's name. */
  thresholds: Readonly<Record<string, number>>;
}

const DEFAULT: OverlayState = { switches: {}, opacity: 0.5, thresholds: {} };

const useStates = create<Record<string, OverlayState>>(() => ({}));

export function useOverlays(panelId: string): OverlayState {
  return useStates((states) => states[panelId] ?? DEFAULT);
}

export function changeOverlays(panelId: string, change: (before: OverlayState) => Partial<OverlayState>): void {
  useStates.setState((states) => {
    const before = states[panelId] ?? DEFAULT;
    return { [panelId]: { ...before, ...change(before) } };
  });
}

export const setId = (kind: OverlayKind, name: string) => `${kind}/${name}`;
export const classId = (set: string, id: number) => `${set}/${id}`;

/** Everything is shown at first but all masks after the first: colours that lie on each other say nothing. */
export function isOn({ switches }: Pick<OverlayState, "switches">, id: string, sets: readonly OverlaySet[]): boolean {
  return switches[id] ?? (!id.startsWith("masks/") || !sets.slice(1).some((set, i) => set.id === id && sets[i]?.kind === "masks"));
}

export function allBoxes(images: readonly ImageRecord[]): Box[] {
  return images.flatMap(({ boxes }) => Object.values(boxes ?? {}).flatMap(({ box_data }) => box_data));
}

/** The sets of all images, masks first; `present` are the classes found in masks, by set. */
export function overlaySets(images: readonly ImageRecord[], present: ReadonlyMap<string, ReadonlySet<number>>): OverlaySet[] {
  const sets = new Map<string, { kind: OverlayKind; name: string; classes: Map<number, string> }>();
  const gather = (kind: OverlayKind, name: string, image: ImageRecord, ids: Iterable<number>) => {
    const id = setId(kind, name);
    const set = sets.get(id) ?? { kind, name, classes: new Map<number, string>() };
    sets.set(id, set);
    const labels = image[kind]?.[name]?.class_labels;
    for (const one of ids) {
      const named = className(one, labels, image.classes);
      if (!isBackground(one, named) || kind === "boxes") set.classes.set(one, named ?? `class ${one}`);
    }
  };
  for (const image of images) {
    for (const [name, mask] of Object.entries(image.masks ?? {})) {
      const named = [...Object.keys(mask.class_labels ?? {}).map(Number), ...(image.classes ?? []).map(({ id }) => id)];
      gather("masks", name, image, [...named, ...(present.get(name) ?? [])]);
    }
  }
  for (const image of images) {
    for (const [name, { box_data }] of Object.entries(image.boxes ?? {}))
      gather(
        "boxes",
        name,
        image,
        box_data.map((box) => box.class_id),
      );
  }
  return [...sets].map(([id, { kind, name, classes }]) => ({
    id,
    kind,
    name,
    classes: [...classes].map(([number, label]) => ({ id: number, name: label })).sort((a, b) => a.id - b.id),
  }));
}
