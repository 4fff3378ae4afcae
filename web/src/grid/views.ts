// Loads the views of panel types when they are first needed. Not by React's lazy: its Suspense holds back
// what has loaded for 300 ms.
import { type ComponentType, useEffect, useState } from "react";
import type { PanelProps, SummaryPanelType, SummaryProps, WorkspacePanelType } from "../panels/types";

type Loaded = ComponentType<PanelProps> | ComponentType<SummaryProps>;

const loaded = new Map<string, Loaded>();
const loading = new Map<string, Promise<void>>();

/**
 * Starts loading a view; many cards of one type load it once. A failed load is tried again by the next that
 * asks.
 */
export function loadView(type: WorkspacePanelType | SummaryPanelType): Promise<void> {
  let promise = loading.get(type.type);
  if (promise === undefined) {
    promise = type.load().then(
      (module) => void loaded.set(type.type, module.default),
      (error: unknown) => {
        loading.delete(type.type);
        throw error;
      },
    );
    loading.set(type.type, promise);
  }
  return promise;
}

function useLoaded(type: WorkspacePanelType | SummaryPanelType | null): Loaded | null {
  const [, setState] = useState<{ error: unknown } | null>(null);
  const view = type === null ? null : (loaded.get(type.type) ?? null);
  useEffect(() => {
    if (type === null || view !== null) return;
    let wanted = true;
    loadView(type).then(
      () => wanted && setState({ error: null }),
      (error: unknown) =>
        wanted &&
        // Thrown while rendering, so that the card's error boundary shows it.
        setState(() => {
          throw error;
        }),
    );
    return () => {
      wanted = false;
    };
  }, [type, view]);
  return view;
}

export const useWorkspaceView = (type: WorkspacePanelType) => useLoaded(type) as ComponentType<PanelProps> | null;
export const useSummaryView = (type: SummaryPanelType | null) => useLoaded(type) as ComponentType<SummaryProps> | null;
