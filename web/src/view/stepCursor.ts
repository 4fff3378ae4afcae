// The step that all media show: one for the page, kept in its URL; a panel can be let off it. Moving it draws
// the line on the charts.
import { create } from "zustand";
import { STEP } from "../api/generated";
import { cursor } from "./cursor";
import { mergeStops, stopBeside } from "./steps";
import { patchView, useView } from "./store";

/** Steps of panels that do not follow the others, by panel. */
const useOwnSteps = create<Record<string, number | null>>(() => ({}));

/** Stops of the panels that are mounted, for keys that move them all. */
const stopsOfPanels = new Map<string, readonly number[]>();

/** Returns the function that takes the stops away again. */
export function registerStops(panelId: string, stops: readonly number[]): () => void {
  stopsOfPanels.set(panelId, stops);
  return () => stopsOfPanels.delete(panelId);
}

/** The step a panel asks for, null for the newest, and whether it follows the others. */
export function useStep(panelId: string): { step: number | null; linked: boolean } {
  const shared = useView((state) => state.view.step);
  const own = useOwnSteps((state) => state[panelId]);
  return own === undefined ? { step: shared, linked: true } : { step: own, linked: false };
}

export function setStep(panelId: string, step: number | null): void {
  if (useOwnSteps.getState()[panelId] !== undefined) {
    useOwnSteps.setState({ [panelId]: step });
    return;
  }
  patchView({ step }, "replace");
  cursor.setState({ xKey: STEP, x: step });
}

/** Lets a panel off the others at the step it shows, or brings it back. */
export function setLinked(panelId: string, linked: boolean, step: number | null): void {
  const { [panelId]: _, ...others } = useOwnSteps.getState();
  useOwnSteps.setState(linked ? others : { ...others, [panelId]: step }, true);
}

/**
 * Moves the panel under the mouse, and those it is linked to, by its own stops; else all panels by the stops
 * of all.
 */
export function moveStep(places: number): boolean {
  const { card } = cursor.getState();
  const under = card === null ? undefined : stopsOfPanels.get(card);
  const panelId = under === undefined ? "" : (card as string);
  const own = useOwnSteps.getState()[panelId];
  const stops = under ?? mergeStops([...stopsOfPanels.values()]);
  const next = stopBeside(stops, own === undefined ? useView.getState().view.step : own, places);
  if (next === null) return false;
  setStep(panelId, next);
  return true;
}
