// Preferences of this browser: sidebar, collapsed sections, table columns. Not part of a link.
import { create } from "zustand";

interface Preferences {
  sidebarHidden: boolean;
  sidebarWidth: number;
  /** `entity/project/section` of the sections that are folded. */
  collapsed: string[];
  /** Chosen columns of the runs table by `entity/project`. */
  columns: Record<string, string[]>;
}

const STORAGE_KEY = "stepwell.preferences";
export const SIDEBAR_MIN_PX = 200;
export const SIDEBAR_MAX_PX = 560;
const DEFAULTS: Preferences = { sidebarHidden: false, sidebarWidth: 296, collapsed: [], columns: {} };

function stored(): Preferences {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}") as Partial<Preferences>) };
  } catch {
    return DEFAULTS;
  }
}

export const usePreferences = create<Preferences>(() => stored());

usePreferences.subscribe((preferences) => {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(preferences));
  } catch {
    // Private windows may refuse storage; the page then forgets when it closes.
  }
});

export function toggleSidebar(): void {
  usePreferences.setState(({ sidebarHidden }) => ({ sidebarHidden: !sidebarHidden }));
}

export function toggleSection(id: string): void {
  usePreferences.setState(({ collapsed }) => ({
    collapsed: collapsed.includes(id) ? collapsed.filter((other) => other !== id) : [...collapsed, id],
  }));
}
