// Routes of the dashboard.
import type { ReactNode } from "react";
import { Redirect, Route, Switch } from "wouter";
import { Projects } from "./pages/Projects";
import { RunPage } from "./pages/RunPage";
import { RunsTable } from "./pages/RunsTable";
import { Workspace } from "./pages/Workspace";
import { ProjectShell } from "./shell/ProjectShell";
import { NotFound } from "./ui/ErrorPage";

interface Address {
  entity: string;
  project: string;
  run?: string;
}

function decoded(params: Partial<Record<string, string>>): Address {
  const part = (name: string) => {
    try {
      return decodeURIComponent(params[name] ?? "");
    } catch {
      return params[name] ?? "";
    }
  };
  return { entity: part("entity"), project: part("project"), run: part("run") };
}

function inProject(page: (address: Address) => ReactNode, hasRun = false) {
  return (params: Partial<Record<string, string>>) => {
    const address = decoded(params);
    return (
      <ProjectShell entity={address.entity} project={address.project} run={hasRun ? (address.run ?? null) : null}>
        {page(address)}
      </ProjectShell>
    );
  };
}

export function App() {
  return (
    <Switch>
      <Route path="/">
        <Projects />
      </Route>
      <Route path="/:entity/:project">
        {inProject(() => (
          <Workspace />
        ))}
      </Route>
      <Route path="/:entity/:project/runs">
        {inProject(() => (
          <RunsTable />
        ))}
      </Route>
      <Route path="/:entity/:project/runs/:run">
        {(params) => <Redirect to={`/${params.entity}/${params.project}/runs/${params.run}/overview`} replace />}
      </Route>
      <Route path="/:entity/:project/runs/:run/charts">
        {inProject(
          ({ run }) => (
            <RunPage id={run ?? ""} page="charts" />
          ),
          true,
        )}
      </Route>
      <Route path="/:entity/:project/runs/:run/overview">
        {inProject(
          ({ run }) => (
            <RunPage id={run ?? ""} page="overview" />
          ),
          true,
        )}
      </Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
