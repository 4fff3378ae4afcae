// The frame of a project's pages: opens its session, shows the top bar, dialogs and tooltip, and listens to
// keys.
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useEffect, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { useKeys as useMetricKeys, useRuns } from "../api/queries";
import { openSession, type ProjectSession, SessionContext } from "../live/session";
import { useDialog } from "../ui/dialogs";
import { ErrorPage } from "../ui/ErrorPage";
import { projectPath, runsPath } from "../ui/paths";
import { adoptUrl, viewSearch } from "../view/store";
import { HelpSheet } from "./HelpSheet";
import { useKeys } from "./keys";
import { Palette } from "./Palette";
import { TooltipLayer } from "./TooltipLayer";
import { TopBar } from "./TopBar";

interface Props {
  entity: string;
  project: string;
  run: string | null;
  children: ReactNode;
}

export function ProjectShell({ entity, project, run, children }: Props) {
  const queries = useQueryClient();
  const [session, setSession] = useState<ProjectSession | null>(null);
  const search = useSearch();
  const [, navigate] = useLocation();
  const dialog = useDialog((state) => state.open);
  const runs = useRuns(entity, project);
  useMetricKeys(entity, project, null);

  useEffect(() => {
    const opened = openSession(entity, project, queries);
    setSession(opened);
    return () => opened.close();
  }, [entity, project]);
  useEffect(adoptUrl, [search]);
  useEffect(() => {
    document.title = `${project} · Stepwell`;
  }, [project]);
  useKeys(useCallback((index: number) => navigate((index === 0 ? projectPath(entity, project) : runsPath(entity, project)) + viewSearch()), [entity, project]));

  return (
    <SessionContext value={session}>
      <TopBar entity={entity} project={project} run={run} />
      {runs.error !== null && runs.data === undefined ? <ErrorPage error={runs.error} /> : session !== null && children}
      {dialog === "palette" && <Palette entity={entity} project={project} />}
      {dialog === "help" && <HelpSheet />}
      <TooltipLayer />
    </SessionContext>
  );
}
