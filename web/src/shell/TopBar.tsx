// The bar at the top: where one is, the pages of the project, how live it is, theme and link.
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { useReading, useRuns } from "../api/queries";
import { useLiveStatus } from "../live/session";
import { openDialog } from "../ui/dialogs";
import { projectPath, runsPath } from "../ui/paths";
import { flushUrl, useViewSearch } from "../view/store";
import { setThemeChoice, type ThemeChoice, useTheme } from "../view/theme";

export function Logo() {
  return (
    <Link href="/" className="logo" aria-label="All projects">
      <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
        <path d="M1.5 3.5h4v4h4v4h4v4h3" fill="none" stroke="currentColor" strokeWidth="2.2" strokeLinejoin="round" strokeLinecap="round" />
      </svg>
      Stepwell
    </Link>
  );
}

const THEMES: ThemeChoice[] = ["dark", "light", "system"];

export function ThemeSwitch() {
  const { choice, theme } = useTheme();
  const next = THEMES[(THEMES.indexOf(choice) + 1) % THEMES.length] as ThemeChoice;
  return (
    <button
      type="button"
      className="button quiet"
      data-testid="theme-toggle"
      data-choice={choice}
      aria-label={`Theme: ${choice}. Change to ${next}`}
      title={`Theme: ${choice}`}
      onClick={() => setThemeChoice(next)}
    >
      <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
        {theme === "dark" ? (
          <path d="M11.8 8.6A5.3 5.3 0 0 1 5.4 2.2a5.3 5.3 0 1 0 6.4 6.4Z" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinejoin="round" />
        ) : (
          <>
            <circle cx="7" cy="7" r="2.6" fill="none" stroke="currentColor" strokeWidth="1.4" />
            <path
              d="M7 .8v1.6M7 11.6v1.6M.8 7h1.6M11.6 7h1.6M2.6 2.6l1.1 1.1M10.3 10.3l1.1 1.1M2.6 11.4l1.1-1.1M10.3 3.7l1.1-1.1"
              stroke="currentColor"
              strokeWidth="1.4"
            />
          </>
        )}
      </svg>
      {choice}
    </button>
  );
}

function LiveIndicator({ entity, project }: { entity: string; project: string }) {
  const { state, lagSeconds } = useLiveStatus();
  const running = useRuns(entity, project).data?.runs.filter((run) => run.state === "running").length ?? 0;
  const reading = useReading();
  const parts = [state === "live" ? "live" : state === "connecting" ? "connecting" : "offline, retrying"];
  if (state === "live") parts.push(`${running} running`);
  if (state === "live" && running > 0 && lagSeconds !== null) {
    parts.push(`${lagSeconds < 10 ? lagSeconds.toFixed(1) : Math.round(lagSeconds)} s behind`);
  }
  if (reading !== null) parts.push(`${Math.floor(100 * reading)} % read`);
  return (
    <span className={`live ${state}${running > 0 ? " growing" : ""}`} data-testid="live-indicator" data-state={state}>
      <span className="live-dot" />
      {parts.join(" · ")}
    </span>
  );
}

function CopyLink() {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    flushUrl();
    void navigator.clipboard?.writeText(location.href).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    });
  };
  return (
    <button type="button" className="button primary" onClick={copy} data-testid="copy-link">
      <span aria-live="polite">{copied ? "Copied" : "Copy link"}</span>
    </button>
  );
}

export function TopBar({ entity, project, run }: { entity: string; project: string; run: string | null }) {
  const [path] = useLocation();
  const search = useViewSearch();
  const workspace = projectPath(entity, project);
  const runs = runsPath(entity, project);
  const tabs = [
    { name: "Workspace", href: workspace, current: path === workspace },
    { name: "Runs", href: runs, current: path.startsWith(runs) },
  ];
  const runName = useRuns(entity, project).data?.runs.find((other) => other.run === run)?.name ?? run;
  return (
    <header className="topbar">
      <Logo />
      <nav className="breadcrumb" aria-label="Breadcrumb">
        <span>{entity}</span>
        <span aria-hidden="true">/</span>
        <Link href={workspace} className="breadcrumb-project">
          {project}
        </Link>
        {runName !== null && (
          <>
            <span aria-hidden="true">/</span>
            <span className="breadcrumb-run" aria-current="page">
              {runName}
            </span>
          </>
        )}
      </nav>
      <nav className="tabs" aria-label="Pages of the project">
        {tabs.map(({ name, href, current }) => (
          <Link key={name} href={href + search} className={current ? "tab current" : "tab"} aria-current={current ? "page" : undefined}>
            {name}
          </Link>
        ))}
      </nav>
      <span className="spacer" />
      <LiveIndicator entity={entity} project={project} />
      <button type="button" className="button quiet" onClick={() => openDialog("palette")} aria-label="Search runs, metrics and pages">
        <kbd>⌘K</kbd> Search
      </button>
      <button type="button" className="button quiet" onClick={() => openDialog("help")} aria-label="Keyboard help">
        ?
      </button>
      <ThemeSwitch />
      <CopyLink />
    </header>
  );
}
