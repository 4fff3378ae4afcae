// Window of the rows of a long list that its scrolled part shows, for lists whose rows have one height.
import { type RefObject, useEffect, useState } from "react";

export interface RowWindow {
  first: number;
  last: number;
}

/** Rows drawn beyond both edges, so that a fast scroll shows no blank. */
const OVERSCAN = 10;

/** First row, and the one after the last, that a scrolled list draws. */
export function rowWindow(scrollTop: number, viewHeight: number, rowHeight: number, count: number): RowWindow {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - OVERSCAN);
  return { first: Math.min(first, count), last: Math.min(count, Math.ceil((scrollTop + viewHeight) / rowHeight) + OVERSCAN) };
}

export function useWindowed(element: RefObject<HTMLElement | null>, rowHeight: number, count: number): RowWindow {
  const [shown, setShown] = useState<RowWindow>({ first: 0, last: Math.min(count, 60) });
  useEffect(() => {
    const target = element.current;
    if (target === null) return;
    const update = () => {
      const next = rowWindow(target.scrollTop, target.clientHeight, rowHeight, count);
      setShown((old) => (old.first === next.first && old.last === next.last ? old : next));
    };
    update();
    target.addEventListener("scroll", update, { passive: true });
    const observer = new ResizeObserver(update);
    observer.observe(target);
    return () => {
      target.removeEventListener("scroll", update);
      observer.disconnect();
    };
  }, [rowHeight, count]);
  return shown;
}
