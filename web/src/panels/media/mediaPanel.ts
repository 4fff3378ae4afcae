// The panel type of a kind of media, which differs from the others in its kinds, its size and its view.
import type { WorkspacePanelType } from "../types";

type Choices = Pick<WorkspacePanelType, "type" | "title" | "size" | "load"> & {
  kinds: readonly string[];
  /** Below it lie types that show anything, above it those that show these kinds better. */
  match?: number;
};

export function mediaPanel({ kinds, match = 40, ...choices }: Choices): WorkspacePanelType {
  return {
    ...choices,
    place: "workspace",
    needs: "values",
    cardTestId: "media-card",
    match: (subject) => (subject.place === "workspace" && subject.keyInfo.kinds.some((kind) => kinds.includes(kind)) ? match : 0),
  };
}
