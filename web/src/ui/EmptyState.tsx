// Message of a project or run without data, with code that logs some.
import { useSession } from "../live/session";

export function EmptyState({ subject }: { subject: "project" | "run" }) {
  const { project } = useSession();
  const code = `import stepwell

with stepwell.init(project="${project}") as run:
    for step in range(1000):
        run.log({"train/loss": 1 / (step + 1)})`;
  return (
    <div className="empty-state" data-testid="empty-state">
      <svg width="56" height="40" viewBox="0 0 56 40" aria-hidden="true">
        <path d="M2 6h13v10h13v10h13v10h13" fill="none" stroke="currentColor" strokeWidth="2.5" strokeLinejoin="round" strokeLinecap="round" />
      </svg>
      <h2>No visualization data logged yet</h2>
      <p>
        {subject === "run" ? "This run has" : "The runs of this project have"} not logged a metric so far. Call <code>run.log</code> with a dict of names and
        values; charts appear here by themselves.
      </p>
      <pre>{code}</pre>
    </div>
  );
}
