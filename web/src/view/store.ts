// The view state of the page: the truth is here, the URL follows, and back or forward bring it back.
import { create } from "zustand";
import { decodeView, encodeView, type ViewState, type Zoom } from "./urlState";

interface ViewStore {
  view: ViewState;
  /** Windows left by zooming in, newest last, for undo. */
  zoomHistory: (Zoom | null)[];
}

export const useView = create<ViewStore>(() => ({ view: decodeView(location.search), zoomHistory: [] }));

/** Browsers refuse bursts of history calls, and a slider makes one per pixel. */
const REPLACE_DELAY_MILLIS = 150;
let pendingReplace: ReturnType<typeof setTimeout> | undefined;

function searchOf(view: ViewState): string {
  const search = encodeView(view);
  return search === "" ? "" : `?${search}`;
}

/** The query of the present view with its question mark, for navigations that keep it. */
export const viewSearch = (): string => searchOf(useView.getState().view);

const urlOf = (view: ViewState): string => location.pathname + searchOf(view);

/** Writes a waiting change of the view into the URL, so that a link copied or left now is complete. */
export function flushUrl(): void {
  if (pendingReplace === undefined) return;
  clearTimeout(pendingReplace);
  pendingReplace = undefined;
  history.replaceState(history.state, "", urlOf(useView.getState().view));
}

/** `push` adds a step that back undoes; `replace` is for typing and sliding. */
export function patchView(patch: Partial<ViewState>, mode: "push" | "replace" = "push"): void {
  const { view, zoomHistory } = useView.getState();
  const xChanged = patch.x !== undefined && patch.x !== view.x;
  const next = { ...view, ...patch, ...(xChanged ? { zoom: null } : {}) };
  useView.setState({ view: next, zoomHistory: xChanged ? [] : zoomHistory });
  if (mode === "push") {
    flushUrl();
    if (urlOf(next) !== location.pathname + location.search) history.pushState(null, "", urlOf(next));
  } else {
    clearTimeout(pendingReplace);
    pendingReplace = setTimeout(flushUrl, REPLACE_DELAY_MILLIS);
  }
}

/** Takes the view from the URL after a navigation; a URL that says the same changes nothing. */
export function adoptUrl(): void {
  const next = decodeView(location.search);
  if (pendingReplace === undefined && encodeView(next) !== encodeView(useView.getState().view)) {
    useView.setState({ view: next, zoomHistory: [] });
  }
}

export function zoomTo(window: Zoom): void {
  const { view, zoomHistory } = useView.getState();
  useView.setState({ zoomHistory: [...zoomHistory, view.zoom] });
  patchView({ zoom: window });
}

export function undoZoom(): void {
  const { zoomHistory } = useView.getState();
  useView.setState({ zoomHistory: zoomHistory.slice(0, -1) });
  patchView({ zoom: zoomHistory.at(-1) ?? null });
}

export function resetZoom(): void {
  if (useView.getState().view.zoom === null) return;
  useView.setState({ zoomHistory: [] });
  patchView({ zoom: null });
}

export function useViewSearch(): string {
  return useView(viewSearch);
}
