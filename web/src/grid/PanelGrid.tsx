// Sections of cards for the keys of a project or of one run.
import { useEffect, useMemo, useRef } from "react";
import { useShallow } from "zustand/react/shallow";
import { isCut, type KeyInfo, type MetricInfo, type RunInfo } from "../api/types";
import { useSession } from "../live/session";
import type { PanelRun } from "../panels/types";
import { runColor, runDash } from "../runs/palette";
import { toggleSection, usePreferences } from "../view/preferences";
import { patchView, useView } from "../view/store";
import { useTheme } from "../view/theme";
import { PanelHost } from "./PanelHost";
import { panelTypeOf } from "./registry";
import { groupSections, matchKeys, type Section } from "./sections";
import { isHidden, xOf } from "./stepMetric";
import { loadView } from "./views";

interface Props {
  runs: readonly RunInfo[];
  keys: readonly KeyInfo[];
  metrics: readonly MetricInfo[];
  anyRunning: boolean;
}

/**
 * Keeps the identity of the list while nothing a chart draws changed, though rows and summaries grow with
 * every push.
 */
function useStableRuns(runs: readonly PanelRun[]): readonly PanelRun[] {
  const signature = runs.map(({ id, name, color, state, labels }) => JSON.stringify([id, name, color, state, labels])).join();
  const held = useRef({ signature, runs });
  if (held.current.signature !== signature) held.current = { signature, runs };
  return held.current.runs;
}

export function PanelGrid({ runs, keys, metrics, anyRunning }: Props) {
  // Media read the step by themselves: a slider that moves must not draw every chart anew.
  const view = useView(useShallow((state) => ({ ...state.view, step: null })));
  const theme = useTheme((state) => state.theme);
  const panelRuns = useMemo(
    () =>
      runs.map(
        (run): PanelRun => ({
          id: run.run,
          name: run.name,
          state: run.state,
          color: runColor(run.slot, theme),
          dash: runDash(run.slot),
          rankColors: run.labels.map((_, index) => runColor(run.slot + index, theme)),
          labels: run.labels,
          rows: run.rows,
          summary: run.summary,
          summaryIsCut: isCut(run),
        }),
      ),
    [runs, theme],
  );
  const stableRuns = useStableRuns(panelRuns);
  const sections = useMemo(() => groupSections(matchKeys(keys, view.query).filter(({ key }) => !isHidden(key, metrics))), [keys, metrics, view.query]);
  // Views load while the grid is laid out, not one step after it.
  useEffect(() => {
    for (const type of new Set(sections.flatMap(({ keys: members }) => members.map((info) => panelTypeOf(info, anyRunning))))) loadView(type).catch(() => {});
  }, [sections, anyRunning]);
  if (sections.length === 0) {
    return (
      <div className="message-page">
        <p>No metric matches “{view.query}”.</p>
        <button type="button" className="button" onClick={() => patchView({ query: "" })}>
          Clear the search
        </button>
      </div>
    );
  }
  const shared = { metrics, anyRunning, view, theme, panelRuns, stableRuns };
  return sections.map((section) => <SectionView key={section.name} section={section} {...shared} />);
}

type SectionProps = Pick<Props, "metrics" | "anyRunning"> & {
  section: Section;
  view: ReturnType<typeof useView.getState>["view"];
  theme: "dark" | "light";
  panelRuns: readonly PanelRun[];
  stableRuns: readonly PanelRun[];
};

function SectionView({ section, metrics, anyRunning, view, theme, panelRuns, stableRuns }: SectionProps) {
  const session = useSession();
  const id = `${session.entity}/${session.project}/${section.name}`;
  const collapsed = usePreferences((state) => state.collapsed.includes(id));
  const count = section.keys.length;
  return (
    <section className="section" data-testid="section" data-section={section.name}>
      <h2>
        <button type="button" aria-expanded={!collapsed} onClick={() => toggleSection(id)}>
          <span className="chevron" aria-hidden="true" />
          {section.name}
          <span className="section-count">
            {count} {count === 1 ? "panel" : "panels"}
          </span>
        </button>
      </h2>
      {!collapsed && (
        <div className="grid">
          {section.keys.map((keyInfo) => {
            const type = panelTypeOf(keyInfo, anyRunning);
            return (
              <PanelHost
                key={`${type.type}:${keyInfo.key}`}
                type={type}
                keyInfo={keyInfo}
                x={xOf(keyInfo.key, view.x, metrics)}
                runs={type.needs === "series" ? stableRuns : panelRuns}
                view={view}
                theme={theme}
                session={session}
              />
            );
          })}
        </div>
      )}
    </section>
  );
}
