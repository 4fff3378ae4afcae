// The one tooltip of the page: what it says and where; drawn at document level, so no card clips it.
import { create } from "zustand";

export interface TooltipRow {
  id: string;
  name: string;
  color: string;
  hot: boolean;
  /** Short text of the value. */
  text: string;
  /** The number with every digit. */
  exact: string;
  /** Smaller text after the value: the smoothed value, the spread. */
  detail: string;
}

export interface TooltipContent {
  /** Mouse position in CSS pixels of the window. */
  left: number;
  top: number;
  title: string;
  rows: TooltipRow[];
  /** Lines below the rows. */
  notes: string[];
}

export const useTooltip = create<{ owner: string | null; content: TooltipContent | null }>(() => ({ owner: null, content: null }));

export function showTooltip(owner: string, content: TooltipContent): void {
  useTooltip.setState({ owner, content });
}

/** Only the panel that shows the tooltip can take it away. */
export function hideTooltip(owner: string): void {
  if (useTooltip.getState().owner === owner) useTooltip.setState({ owner: null, content: null });
}
