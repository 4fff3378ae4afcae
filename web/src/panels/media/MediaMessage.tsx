// Messages in place of a medium: the reason why there is none, and whether it will come.
import type { FileProblem } from "./useFile";

export function FileMessage({ problem }: { problem: FileProblem }) {
  return (
    <span className={problem.waiting ? "media-problem waiting" : "media-problem"} role="status">
      {problem.text}
    </span>
  );
}

interface Props {
  loading: boolean;
  error: string | null;
  empty: boolean;
}

/** The state of a whole panel, or nothing when there is something to show. */
export function PanelState({ loading, error, empty }: Props) {
  if (error !== null)
    return (
      <p className="panel-message" role="alert">
        {error}
      </p>
    );
  if (loading)
    return (
      <p className="panel-message loading" role="status">
        Loading…
      </p>
    );
  if (empty) return <p className="panel-message">None of the shown runs has logged this.</p>;
  return null;
}
