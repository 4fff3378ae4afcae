// The theme: dark, light or the system's, kept in this browser.
import { create } from "zustand";
import type { Theme } from "../runs/palette";

export type ThemeChoice = Theme | "system";

const STORAGE_KEY = "stepwell.theme";
const systemLight = matchMedia("(prefers-color-scheme: light)");

function resolve(choice: ThemeChoice): Theme {
  return choice === "system" ? (systemLight.matches ? "light" : "dark") : choice;
}

function stored(): ThemeChoice {
  try {
    const choice = localStorage.getItem(STORAGE_KEY);
    return choice === "dark" || choice === "light" ? choice : "system";
  } catch {
    return "system";
  }
}

export const useTheme = create<{ choice: ThemeChoice; theme: Theme }>(() => ({ choice: stored(), theme: resolve(stored()) }));

export function setThemeChoice(choice: ThemeChoice): void {
  useTheme.setState({ choice, theme: resolve(choice) });
  try {
    localStorage.setItem(STORAGE_KEY, choice);
  } catch {
    // Private windows may refuse storage; the choice then lasts as long as the page.
  }
}

/** Value of a colour of the present theme, such as `--text3`, for canvases. */
export function themeColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

systemLight.addEventListener("change", () => useTheme.setState(({ choice }) => ({ theme: resolve(choice) })));
useTheme.subscribe(({ theme }) => (document.documentElement.dataset["theme"] = theme));
