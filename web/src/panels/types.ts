// The contract between a panel type and its host.
import type { ComponentType } from "react";
import type { KeyInfo, RunLabel, RunState } from "../api/types";
import type { ProjectSession } from "../live/session";
import type { Theme } from "../runs/palette";
import type { ViewState } from "../view/urlState";

/** What a panel may be asked to show: a key of the workspace, or one value of a run's summary. */
export type Subject = { place: "workspace"; keyInfo: KeyInfo; anyRunning: boolean } | { place: "summary"; value: unknown };

export interface PanelRun {
  id: string;
  name: string;
  state: RunState;
  color: string;
  dash: readonly number[];
  /** A colour per label, for a run that is shown alone, rank by rank. */
  rankColors: readonly string[];
  labels: RunLabel[];
  /** Grows with every logged row; a view that reads by itself reads again when it changes. */
  rows: number;
  summary: Record<string, unknown>;
  /** Whether the run has more values than `summary` holds: a key that is not there may be one of them. */
  summaryIsCut?: boolean;
}

export interface Exporters {
  csv?: () => string;
  png?: () => Promise<Blob>;
}

/** What a view tells its host. */
export interface PanelHostApi {
  /** The text at the right of the header, such as "exact". */
  setInfo(text: string, explanation?: string): void;
  /** Points that are drawn, and how many were logged in the window if that is more. */
  setPoints(drawn: number, logged?: number): void;
  setExporters(exporters: Exporters): void;
  /** Element of the header into which a view may render its own controls. */
  tools: HTMLElement | null;
}

export interface PanelProps {
  panelId: string;
  keyInfo: KeyInfo;
  /** The x key of this panel, after the step metric of its key. */
  x: string;
  runs: readonly PanelRun[];
  view: ViewState;
  theme: Theme;
  session: ProjectSession;
  width: number;
  height: number;
  host: PanelHostApi;
}

export interface SummaryProps {
  value: unknown;
  theme: Theme;
}

interface PanelTypeBase {
  /** Name of its folder. */
  type: string;
  /** 0: cannot show it; the panel type with the highest number does. */
  match(subject: Subject): number;
  /** Where the data come from, for the documentation of a page and for tests. */
  needs: "series" | "histograms" | "values" | "summary" | "nothing";
}

export interface WorkspacePanelType extends PanelTypeBase {
  place: "workspace";
  /** Test id of the card. */
  cardTestId: "chart-card" | "heatmap-card" | "value-card" | "media-card";
  /** Of the card: two rows high, or also two columns wide; else one of each. */
  size?: "tall" | "large";
  load: () => Promise<{ default: ComponentType<PanelProps> }>;
}

export interface SummaryPanelType extends PanelTypeBase {
  place: "summary";
  load: () => Promise<{ default: ComponentType<SummaryProps> }>;
}

export type PanelType = WorkspacePanelType | SummaryPanelType;
