// Keys of the whole page; keys typed into a field stay there.
import { useEffect } from "react";
import { openDialog, useDialog } from "../ui/dialogs";
import { nextSmoothing, nextXAxis } from "../view/choices";
import { cardUnderMouse } from "../view/cursor";
import { toggleSidebar } from "../view/preferences";
import { moveStep } from "../view/stepCursor";
import { patchView, undoZoom, useView } from "../view/store";

export const KEY_HELP: { keys: string[]; meaning: string }[] = [
  { keys: ["/"], meaning: "Search metrics or runs" },
  { keys: ["⌘K", "Ctrl K"], meaning: "Jump to a run, metric or page" },
  { keys: ["1", "2"], meaning: "Workspace, runs" },
  { keys: ["["], meaning: "Hide or show the runs" },
  { keys: ["x"], meaning: "Next x axis" },
  { keys: ["s"], meaning: "Next smoothing" },
  { keys: ["y"], meaning: "Logarithmic y axis" },
  { keys: ["z"], meaning: "Undo the last zoom" },
  { keys: ["←", "→"], meaning: "Previous or next step of images and other media" },
  { keys: ["f"], meaning: "Full screen for the card under the mouse" },
  { keys: ["e"], meaning: "Save the card under the mouse as CSV" },
  { keys: ["?"], meaning: "This sheet" },
];

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== "range" && target.type !== "checkbox";
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

/** Sliders, lists that scroll and players have a use of their own for the arrows. */
function usesArrows(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, [role="separator"], [role="region"], audio, video') !== null;
}

function focusSearch(): void {
  const field = document.querySelector<HTMLInputElement>("[data-search]");
  field?.focus();
  field?.select();
}

export function useKeys(goToTab: (index: number) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        openDialog("palette");
        return;
      }
      const elsewhere = useDialog.getState().open !== null || isTyping(event.target);
      if (elsewhere || event.metaKey || event.ctrlKey || event.altKey) return;
      if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
        if (!usesArrows(event.target) && moveStep(event.key === "ArrowLeft" ? -1 : 1)) event.preventDefault();
        return;
      }
      const { view } = useView.getState();
      const actions: Record<string, () => void> = {
        "/": focusSearch,
        "[": toggleSidebar,
        x: () => patchView({ x: nextXAxis(view.x) }),
        s: () => patchView({ smoothing: nextSmoothing(view.smoothing) }),
        y: () => patchView({ logY: !view.logY }),
        z: undoZoom,
        f: () => cardUnderMouse()?.toggleFull(),
        e: () => cardUnderMouse()?.exportCsv(),
        "1": () => goToTab(0),
        "2": () => goToTab(1),
        "?": () => openDialog("help"),
      };
      const action = actions[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [goToTab]);
}
