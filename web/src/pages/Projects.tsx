// The first page: all projects, the most recently active first.
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { useProjects } from "../api/queries";
import { formatAgo } from "../numbers/format";
import { Logo, ThemeSwitch } from "../shell/TopBar";
import { ErrorPage } from "../ui/ErrorPage";
import { projectPath } from "../ui/paths";
import { SearchField } from "../ui/SearchField";

export function Projects() {
  const { data, error } = useProjects();
  const [filter, setFilter] = useState("");
  useEffect(() => {
    document.title = "Projects · Stepwell";
  }, []);
  if (error !== null && data === undefined) return <ErrorPage error={error} />;
  const shown = (data ?? [])
    .filter(({ entity, name }) => `${entity}/${name}`.toLowerCase().includes(filter.toLowerCase()))
    .sort((a, b) => (b.last_activity_us ?? 0) - (a.last_activity_us ?? 0));
  return (
    <>
      <header className="topbar">
        <Logo />
        <span className="spacer" />
        <ThemeSwitch />
      </header>
      <main className="projects">
        <div className="page-head">
          <h1>Projects</h1>
          <SearchField label="Filter projects" value={filter} onChange={setFilter} />
        </div>
        <table className="list-table">
          <thead>
            <tr>
              <th scope="col">Project</th>
              <th scope="col" className="number">
                Runs
              </th>
              <th scope="col" className="number">
                Running
              </th>
              <th scope="col" className="number">
                Last activity
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ entity, name, runs, running, last_activity_us }) => (
              <tr key={`${entity}/${name}`}>
                <td>
                  <Link href={projectPath(entity, name)} data-testid="project-link" className="project-link">
                    <span className="muted">{entity} /</span> {name}
                  </Link>
                </td>
                <td className="number">{runs}</td>
                <td className="number">{running > 0 ? <span className="running-count">{running}</span> : ""}</td>
                <td className="number muted">{last_activity_us === null ? "" : formatAgo(last_activity_us, Date.now())}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {data !== undefined && shown.length === 0 && (
          <p className="panel-message">
            {data.length === 0 ? "No projects yet. The first stepwell.init(project=…) makes one." : "No project matches the filter."}
          </p>
        )}
      </main>
    </>
  );
}
