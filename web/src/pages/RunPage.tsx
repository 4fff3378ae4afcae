// One run: its charts, or its overview.
import { useMemo } from "react";
import { Link } from "wouter";
import { useKeys, useRun } from "../api/queries";
import type { RunInfo } from "../api/types";
import { PanelGrid } from "../grid/PanelGrid";
import { useSession } from "../live/session";
import { runColor } from "../runs/palette";
import { EmptyState } from "../ui/EmptyState";
import { ErrorPage } from "../ui/ErrorPage";
import { runPath } from "../ui/paths";
import { Toolbar } from "../ui/Toolbar";
import { useViewSearch } from "../view/store";
import { useTheme } from "../view/theme";
import { RunOverview } from "./RunOverview";

export function RunPage({ id, page }: { id: string; page: "charts" | "overview" }) {
  const { entity, project } = useSession();
  const { run, error } = useRun(entity, project, id);
  const theme = useTheme((state) => state.theme);
  const search = useViewSearch();
  if (run === undefined) return error === null ? null : <ErrorPage error={error} />;
  return (
    <div className="run-page">
      <div className="run-head">
        <span className="swatch large" style={{ background: runColor(run.slot, theme) }} />
        <h1>{run.name}</h1>
        <span className={`state ${run.state}`} data-testid="run-state">
          {run.state}
        </span>
        <nav className="subtabs" aria-label="Pages of the run">
          {(["overview", "charts"] as const).map((name) => (
            <Link
              key={name}
              href={runPath(entity, project, id, name) + search}
              className={page === name ? "tab current" : "tab"}
              aria-current={page === name ? "page" : undefined}
            >
              {name === "overview" ? "Overview" : "Charts"}
            </Link>
          ))}
        </nav>
      </div>
      {page === "overview" ? <RunOverview run={run} /> : <RunCharts run={run} />}
    </div>
  );
}

function RunCharts({ run }: { run: RunInfo }) {
  const { entity, project } = useSession();
  const { data } = useKeys(entity, project, run.run);
  const shown = useMemo(() => [run], [run]);
  return (
    <main className="workspace-main">
      <Toolbar keys={data?.keys ?? []} hasRanks={run.labels.length > 1} />
      <div className="workspace-scroll">
        {data?.keys.length === 0 && <EmptyState subject="run" />}
        {data !== undefined && data.keys.length > 0 && <PanelGrid runs={shown} keys={data.keys} metrics={data.metrics} anyRunning={run.state === "running"} />}
      </div>
    </main>
  );
}
