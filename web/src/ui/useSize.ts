// The size of an element as it changes, in whole CSS pixels.
import { type RefObject, useEffect, useState } from "react";

export interface Size {
  width: number;
  height: number;
}

export function useSize(element: RefObject<HTMLElement | null>): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useEffect(() => {
    const target = element.current;
    if (target === null) return;
    // The box with its scroll bar: what is laid out must not change with the bar that the layout itself
    // brings.
    const measure = () => {
      const { offsetWidth: width, offsetHeight: height } = target;
      setSize((old) => (old?.width === width && old.height === height ? old : { width, height }));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(target);
    return () => observer.disconnect();
  }, []);
  return size;
}
