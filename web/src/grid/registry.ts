// All panel types, found by their folders: adding one touches no other file.
import type { KeyInfo } from "../api/types";
import type { PanelType, Subject, SummaryPanelType, WorkspacePanelType } from "../panels/types";

const modules = import.meta.glob<PanelType>("../panels/*/panel.ts", { eager: true, import: "default" });

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
