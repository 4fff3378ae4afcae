// All panel types, found by their folders: adding one touches no other file.
import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import type { KeyInfo } from "../api/types";
import type { PanelProps, PanelType, Subject, SummaryPanelType, SummaryProps, WorkspacePanelType } from "./types";

const modules = import.meta.glob<PanelType>("./*/panel.ts", { eager: true, import: "default" });

export const panelTypes: readonly PanelType[] = Object.values(modules);

function best<T extends PanelType>(types: readonly T[], subject: Subject): T | null {
  let winner: T | null = null;
  let score = 0;
  for (const type of types) {
    const match = type.match(subject);
    if (match > score) [winner, score] = [type, match];
  }
  return winner;
}

const workspaceTypes = panelTypes.filter((type): type is WorkspacePanelType => type.place === "workspace");
const summaryTypes = panelTypes.filter((type): type is SummaryPanelType => type.place === "summary");

/** The type that shows a key; `unknown` matches every key, so there is always one. */
export function panelTypeOf(keyInfo: KeyInfo, anyRunning: boolean): WorkspacePanelType {
  const type = best(workspaceTypes, { place: "workspace", keyInfo, anyRunning });
  if (type === null) throw new Error(`no panel type shows ${keyInfo.key}`);
  return type;
}

/** The type that draws a summary value, or null when its text says all. */
export function summaryTypeOf(value: unknown): SummaryPanelType | null {
  return best(summaryTypes, { place: "summary", value });
}

type LazyView<P> = LazyExoticComponent<ComponentType<P>>;

/** One lazy component per type: making a new one at each render would mount the view anew. */
function remembered<P>(views: Map<PanelType, LazyView<P>>, type: PanelType, load: () => Promise<{ default: ComponentType<P> }>): LazyView<P> {
  const view = views.get(type) ?? (lazy(load) as LazyView<P>);
  views.set(type, view);
  return view;
}

const workspaceViews = new Map<PanelType, LazyView<PanelProps>>();
const summaryViews = new Map<PanelType, LazyView<SummaryProps>>();

export const workspaceView = (type: WorkspacePanelType): LazyView<PanelProps> => remembered(workspaceViews, type, type.load);
export const summaryView = (type: SummaryPanelType): LazyView<SummaryProps> => remembered(summaryViews, type, type.load);
