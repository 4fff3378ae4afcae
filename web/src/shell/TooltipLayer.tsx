// Draws the page's tooltip beside the mouse and inside the window, whichever card it belongs to.
import { useLayoutEffect, useRef } from "react";
import { createPortal } from "react-dom";
import { useTooltip } from "../view/tooltip";

/** Distance to the mouse, and to the edges of the window. */
const OFFSET_PX = 14;
const EDGE_PX = 8;

export function TooltipLayer() {
  const content = useTooltip((state) => state.content);
  const box = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || content === null) return;
    const { width, height } = element.getBoundingClientRect();
    const fitsRight = content.left + OFFSET_PX + width + EDGE_PX <= innerWidth;
    const left = fitsRight ? content.left + OFFSET_PX : content.left - OFFSET_PX - width;
    const top = Math.min(content.top + OFFSET_PX, innerHeight - height - EDGE_PX);
    element.style.transform = `translate(${Math.max(EDGE_PX, left)}px, ${Math.max(EDGE_PX, top)}px)`;
  }, [content]);

  if (content === null) return null;
  return createPortal(
    <div className="tooltip" role="tooltip" data-testid="tooltip" ref={box}>
      <div className="tooltip-title">{content.title}</div>
      {content.rows.map((row) => (
        <div key={row.id} className={row.hot ? "tooltip-row hot" : "tooltip-row"}>
          <span className="swatch" style={{ background: row.color }} />
          <span className="tooltip-name">{row.name}</span>
          <span className="tooltip-value" data-testid="tooltip-value" data-value={row.exact}>
            {row.text}
          </span>
          <span className="tooltip-detail">{row.detail}</span>
        </div>
      ))}
      {content.notes.map((note) => (
        <div key={note} className="tooltip-note">
          {note}
        </div>
      ))}
    </div>,
    document.body,
  );
}
