// The cards that are on the page, so that a key press can act on the one under the mouse.
import { cursor } from "./cursor";

interface CardActions {
  toggleFull(): void;
  exportCsv(): void;
}

const cards = new Map<string, CardActions>();

/** Returns the function that takes the card away again. */
export function registerCard(id: string, actions: CardActions): () => void {
  cards.set(id, actions);
  return () => cards.delete(id);
}

export function cardUnderMouse(): CardActions | undefined {
  const { card } = cursor.getState();
  return card === null ? undefined : cards.get(card);
}
