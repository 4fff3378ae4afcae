// The dialogs of the page (one at a time) and the frame they share.
import { type ReactNode, useEffect, useRef } from "react";
import { create } from "zustand";

export type DialogName = "palette" | "help";

export const useDialog = create<{ open: DialogName | null }>(() => ({ open: null }));

export function openDialog(name: DialogName): void {
  useDialog.setState({ open: name });
}

export function closeDialog(): void {
  useDialog.setState({ open: null });
}

/** The browser's own modal dialog: it traps the focus, closes on Escape and gives the focus back. */
export function Dialog({ label, children }: { label: string; children: ReactNode }) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => element.current?.showModal(), []);
  return (
    <dialog ref={element} className="dialog" aria-label={label} onClose={closeDialog} onClick={(event) => event.target === element.current && closeDialog()}>
      {children}
    </dialog>
  );
}
