// The cursor that all charts share: an x position, the hot run and the card under the mouse. Charts subscribe; React does not render it.
import { createStore } from "zustand/vanilla";

interface Cursor {
  /** The x key the position belongs to; charts over another x ignore it. */
  xKey: string;
  x: number | null;
  hotRun: string | null;
  /** The card under the mouse, for the keys that act on one card. */
  card: string | null;
}

export const cursor = createStore<Cursor>(() => ({ xKey: "_step", x: null, hotRun: null, card: null }));

export function setHotRun(hotRun: string | null): void {
  if (cursor.getState().hotRun !== hotRun) cursor.setState({ hotRun });
}
