// Mounting of cards: those in view once scrolling has stopped, and the last seen ones, at most 24 in all.
import { type RefObject, useEffect, useState } from "react";

/** A chart costs memory and redraws; more than this stall a page of a thousand metrics. */
export const MAX_ALIVE = 24;
/** Mounting while scrolling drops frames. */
const SETTLE_MILLIS = 90;
/** Cards this close to the window count as in view. */
const MARGIN = "150px";

/** The new set: all that are in view first, then the most recent of the others. */
export function nextAlive(inView: readonly string[], before: readonly string[], limit: number): string[] {
  const kept = inView.slice(0, limit);
  for (const id of before) {
    if (kept.length >= limit) break;
    if (!kept.includes(id)) kept.push(id);
  }
  return kept;
}

const setters = new Map<string, (alive: boolean) => void>();
const ids = new WeakMap<Element, string>();
const inView = new Set<string>();
let alive: string[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
let lastScrollMillis = -Infinity;

function settleSoon(): void {
  clearTimeout(timer);
  timer = setTimeout(
    () => {
      const next = nextAlive([...inView], alive, MAX_ALIVE);
      for (const id of alive) if (!next.includes(id)) setters.get(id)?.(false);
      for (const id of next) if (!alive.includes(id)) setters.get(id)?.(true);
      alive = next;
    },
    Math.max(0, lastScrollMillis + SETTLE_MILLIS - performance.now()),
  );
}

function onScroll(): void {
  lastScrollMillis = performance.now();
  settleSoon();
}

let observer: IntersectionObserver | undefined;

function observe(): IntersectionObserver {
  if (observer === undefined) {
    observer = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          const id = ids.get(entry.target);
          if (id === undefined) continue;
          if (entry.isIntersecting) inView.add(id);
          else inView.delete(id);
        }
        settleSoon();
      },
      { rootMargin: MARGIN },
    );
    document.addEventListener("scroll", onScroll, { capture: true, passive: true });
  }
  return observer;
}

/** Whether the card of this id should have its view mounted. */
export function useAlive(id: string, element: RefObject<HTMLElement | null>): boolean {
  const [isAlive, setAlive] = useState(false);
  useEffect(() => {
    const target = element.current;
    if (target === null) return;
    ids.set(target, id);
    setters.set(id, setAlive);
    observe().observe(target);
    return () => {
      observe().unobserve(target);
      setters.delete(id);
      inView.delete(id);
      alive = alive.filter((other) => other !== id);
      setAlive(false);
    };
  }, [id]);
  return isAlive;
}
