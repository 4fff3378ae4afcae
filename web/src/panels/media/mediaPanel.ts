// The panel type of a kind of media, which differs from the others in its kinds, its size and its view.
import { kindPanel } from "../kindPanel";

type Choices = Parameters<typeof kindPanel>[0];

export function mediaPanel(choices: Omit<Choices, "needs" | "cardTestId" | "match"> & { match?: number }) {
  return kindPanel({ match: 40, needs: "values", cardTestId: "media-card", ...choices });
}
