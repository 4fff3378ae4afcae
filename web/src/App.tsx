// Routes of the dashboard.
import type { ReactNode } from "react";
import { Redirect, Route, Switch } from "wouter";
import { Projects } from "./pages/Projects";
import { RunPage } from "./pages/RunPage";
import { RunsTable } from "./pages/RunsTable";
import { Workspace } from "./pages/Workspace";
import { ProjectShell } from "./shell/ProjectShell";
import { NotFound } from "./ui/ErrorPage";

function decoded(part = ""): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A page of a project, or of a run where the address has one. */
function inProject(page: ReactNode | ((run: string) => ReactNode)) {
  return ({ entity, project, run }: Partial<Record<string, string>>) => (
    <ProjectShell entity={decoded(entity)} project={decoded(project)} run={run === undefined ? null : decoded(run)}>
      {typeof page === "function" ? page(decoded(run)) : page}
    </ProjectShell>
  );
}

export function App() {
  return (
    <Switch>
      <Route path="/">
        <Projects />
      </Route>
      <Route path="/:entity/:project">{inProject(<Workspace />)}</Route>
      <Route path="/:entity/:project/runs">{inProject(<RunsTable />)}</Route>
      <Route path="/:entity/:project/runs/:run">
        {(params) => <Redirect to={`/${params.entity}/${params.project}/runs/${params.run}/overview`} replace />}
      </Route>
      {(["charts", "overview"] as const).map((page) => (
        <Route key={page} path={`/:entity/:project/runs/:run/${page}`}>
          {inProject((run) => (
            <RunPage id={run} page={page} />
          ))}
        </Route>
      ))}
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
