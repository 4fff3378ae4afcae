// The workspace: runs at the left, charts of all metrics at the right.
import { useMemo } from "react";
import { useKeys, useRuns } from "../api/queries";
import { PanelGrid } from "../grid/PanelGrid";
import { useSession } from "../live/session";
import { selectRuns } from "../runs/selection";
import { Sidebar } from "../shell/Sidebar";
import { EmptyState } from "../ui/EmptyState";
import { ErrorPage } from "../ui/ErrorPage";
import { Toolbar } from "../ui/Toolbar";
import { usePreferences } from "../view/preferences";
import { useView } from "../view/store";

export function Workspace() {
  const { entity, project } = useSession();
  const runs = useRuns(entity, project).data;
  const keys = useKeys(entity, project, null);
  const selection = useView((state) => state.view.runs);
  const sidebarHidden = usePreferences((state) => state.sidebarHidden);
  const shown = useMemo(() => selectRuns(runs?.runs ?? [], selection), [runs, selection]);
  if (runs === undefined) return null;
  if (keys.error !== null && keys.data === undefined) return <ErrorPage error={keys.error} />;
  const hasRanks = shown.some((run) => run.labels.length > 1);
  return (
    <div className="workspace">
      {!sidebarHidden && <Sidebar runs={runs.runs} total={runs.total} />}
      <main className="workspace-main">
        <Toolbar keys={keys.data?.keys ?? []} hasRanks={hasRanks} />
        <div className="workspace-scroll">
          {keys.data?.keys.length === 0 && <EmptyState subject="project" />}
          {keys.data !== undefined && keys.data.keys.length > 0 && (
            <PanelGrid runs={shown} keys={keys.data.keys} metrics={keys.data.metrics} anyRunning={runs.runs.some((run) => run.state === "running")} />
          )}
        </div>
      </main>
    </div>
  );
}
