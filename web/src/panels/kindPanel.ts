// The panel type of keys of some kinds; those types differ in few things.
import type { WorkspacePanelType } from "./types";

type Choices = Omit<WorkspacePanelType, "place" | "match"> & {
  kinds: readonly string[];
  /** Below it lie types that show anything, above it those that show these kinds better. */
  match: number;
};

export function kindPanel({ kinds, match, ...choices }: Choices): WorkspacePanelType {
  return {
    ...choices,
    place: "workspace",
    match: (subject) => (subject.place === "workspace" && subject.keyInfo.kinds.some((kind) => kinds.includes(kind)) ? match : 0),
  };
}
