// The card around a panel: header, size, mounting, errors, full screen, export. Its content is the panel
// type's.
import { memo, useEffect, useMemo, useRef, useState } from "react";
import type { KeyInfo } from "../api/types";
import type { ProjectSession } from "../live/session";
import type { Exporters, PanelHostApi, PanelProps, PanelRun, WorkspacePanelType } from "../panels/types";
import type { Theme } from "../runs/palette";
import { saveFile } from "../ui/download";
import { cursor, registerCard } from "../view/cursor";
import type { ViewState } from "../view/urlState";
import { useAlive } from "./alive";
import { PanelBoundary } from "./PanelBoundary";
import { useWorkspaceView } from "./views";

interface Props {
  type: WorkspacePanelType;
  keyInfo: KeyInfo;
  x: string;
  runs: readonly PanelRun[];
  view: ViewState;
  theme: Theme;
  session: ProjectSession;
}

function LoadedView({ type, panel }: { type: WorkspacePanelType; panel: PanelProps }) {
  const View = useWorkspaceView(type);
  return View === null ? null : <View {...panel} />;
}

function fileName(key: string, extension: string): string {
  return `${key.replace(/[^\w.-]+/g, "_")}.${extension}`;
}

export const PanelHost = memo(function PanelHost({ type, keyInfo, x, runs, view, theme, session }: Props) {
  const slot = useRef<HTMLDivElement>(null);
  const card = useRef<HTMLElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const info = useRef<HTMLSpanElement>(null);
  const exporters = useRef<Exporters>({});
  const [formats, setFormats] = useState("");
  const [tools, setTools] = useState<HTMLElement | null>(null);
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  const [full, setFull] = useState(false);
  const panelId = `${type.type}:${keyInfo.key}`;
  const alive = useAlive(panelId, slot);

  useEffect(() => {
    if (!alive || body.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      setSize((old) =>
        old?.width === Math.floor(width) && old.height === Math.floor(height) ? old : { width: Math.floor(width), height: Math.floor(height) },
      );
    });
    observer.observe(body.current);
    return () => observer.disconnect();
  }, [alive]);

  // The header changes with every push; it is written past React, as the charts are drawn past it.
  const host = useMemo<PanelHostApi>(
    () => ({
      setInfo: (text, explanation = "") => {
        if (info.current === null) return;
        info.current.textContent = text;
        info.current.title = explanation;
      },
      setPoints: (drawn, logged = drawn) => {
        card.current?.setAttribute("data-points", String(drawn));
        card.current?.setAttribute("data-logged", String(logged));
      },
      setExporters: (next) => {
        exporters.current = next;
        setFormats(Object.keys(next).join());
      },
      tools,
    }),
    [tools],
  );

  const exportAs = (kind: "csv" | "png") => {
    const { csv, png } = exporters.current;
    if (kind === "csv" && csv !== undefined) saveFile(fileName(keyInfo.key, "csv"), new Blob([csv()], { type: "text/csv" }));
    if (kind === "png" && png !== undefined) void png().then((blob) => saveFile(fileName(keyInfo.key, "png"), blob));
  };
  useEffect(() => registerCard(panelId, { toggleFull: () => setFull((was) => !was), exportCsv: () => exportAs("csv") }), [panelId]);
  useEffect(() => {
    if (!full) return;
    const close = (event: KeyboardEvent) => event.key === "Escape" && setFull(false);
    addEventListener("keydown", close);
    return () => removeEventListener("keydown", close);
  }, [full]);

  return (
    <div className={`card-slot ${type.size ?? ""}`} ref={slot}>
      <article
        ref={card}
        className={full ? "card full" : "card"}
        data-testid={type.cardTestId}
        data-key={keyInfo.key}
        aria-label={keyInfo.key}
        onMouseEnter={() => cursor.setState({ card: panelId })}
        onMouseLeave={() => cursor.setState({ card: null })}
      >
        <header className="card-header">
          <h3 title={keyInfo.key}>{keyInfo.key}</h3>
          <span className="card-tools" ref={setTools} />
          <span className="card-info" data-testid="chart-info" ref={info} />
          <span className="card-actions">
            {formats.includes("csv") && (
              <button type="button" className="icon-button" aria-label={`Save ${keyInfo.key} as CSV`} title="Save as CSV (e)" onClick={() => exportAs("csv")}>
                CSV
              </button>
            )}
            {formats.includes("png") && (
              <button type="button" className="icon-button" aria-label={`Save ${keyInfo.key} as PNG`} title="Save as PNG" onClick={() => exportAs("png")}>
                PNG
              </button>
            )}
            <button
              type="button"
              className="icon-button"
              aria-label={full ? "Leave full screen" : `Show ${keyInfo.key} full screen`}
              aria-pressed={full}
              title="Full screen (f)"
              onClick={() => setFull(!full)}
            >
              <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
                <path d="M1 4.5V1h3.5M7.5 1H11v3.5M11 7.5V11H7.5M4.5 11H1V7.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
              </svg>
            </button>
          </span>
        </header>
        <div className="card-body" ref={body}>
          {alive && size !== null && size.width > 0 && (
            <PanelBoundary resetKey={panelId}>
              <LoadedView type={type} panel={{ panelId, keyInfo, x, runs, view, theme, session, host, ...size }} />
            </PanelBoundary>
          )}
        </div>
      </article>
    </div>
  );
});
