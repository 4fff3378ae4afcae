// Cursor that all charts share (an x position, the hot run, the card under the mouse), and the cards that
// keys act on.
import { createStore } from "zustand/vanilla";
import { STEP } from "../api/generated";

interface Cursor {
  /** The x key the position belongs to; charts over another x ignore it. */
  xKey: string;
  x: number | null;
  hotRun: string | null;
  /** The card under the mouse, for the keys that act on one card. */
  card: string | null;
}

export const cursor = createStore<Cursor>(() => ({ xKey: STEP, x: null, hotRun: null, card: null }));

export function setHotRun(hotRun: string | null): void {
  if (cursor.getState().hotRun !== hotRun) cursor.setState({ hotRun });
}

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
