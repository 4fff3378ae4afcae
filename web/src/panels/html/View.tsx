// Logged pages in frames. A page comes from its own URL, never as text of this page, which would lend it our
// policy; the server's answer and the frame both take its origin away, so that its scripts run and reach
// neither this page nor any network.
import { fileUrl } from "../../api/client";
import { hasFile } from "../../api/records";
import { FileMessage } from "../media/MediaMessage";
import { SingleRunMedia } from "../media/SingleRunMedia";
import { useCheckedFile } from "../media/useFile";
import type { PanelProps } from "../types";

const KINDS = ["html-file"];

export default function HtmlView(panel: PanelProps) {
  return (
    <SingleRunMedia panel={panel} kinds={KINDS} noun="page">
      {(items, run, step) => (
        <div className="pages">
          {items.filter(hasFile).map((record, i) => (
            <PageFrame
              key={i}
              url={fileUrl(panel.session, run.id, record.path)}
              title={`${panel.keyInfo.key} at step ${step}`}
              growing={run.state === "running"}
            />
          ))}
        </div>
      )}
    </SingleRunMedia>
  );
}

function PageFrame({ url, title, growing }: { url: string; title: string; growing: boolean }) {
  const { problem, bytes } = useCheckedFile(url, growing);
  if (problem !== null)
    return (
      <p className="panel-message">
        <FileMessage problem={problem} />
      </p>
    );
  return (
    <figure className="page-frame">
      {bytes !== null && <iframe src={url} title={title} sandbox="allow-scripts" referrerPolicy="no-referrer" loading="lazy" />}
      <a className="page-open" href={url} target="_blank" rel="noreferrer" title="Open this page in a tab of its own">
        open ↗
      </a>
    </figure>
  );
}
