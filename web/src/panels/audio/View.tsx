// The clips of a step, each with the browser's own player.
import { fileUrl } from "../../api/client";
import { type AudioRecord, hasFile } from "../../api/records";
import { describeClip } from "../../numbers/value";
import { FileMessage } from "../media/MediaMessage";
import { SingleRunMedia } from "../media/SingleRunMedia";
import { useFile } from "../media/useFile";
import type { PanelProps } from "../types";

const KINDS = ["audio-file"];

export default function AudioView(panel: PanelProps) {
  return (
    <SingleRunMedia panel={panel} kinds={KINDS} noun="clip">
      {(items, run) => (
        <ul className="clips">
          {items.filter(hasFile).map((record) => (
            <Clip
              key={record.path}
              record={record}
              url={fileUrl(panel.session, run.id, record.path)}
              name={panel.keyInfo.key}
              growing={run.state === "running"}
            />
          ))}
        </ul>
      )}
    </SingleRunMedia>
  );
}

function Clip({ record, url, name, growing }: { record: AudioRecord; url: string; name: string; growing: boolean }) {
  const { problem, attempt, onError } = useFile(url, growing);
  return (
    <li>
      <p>
        {record.caption !== undefined && <span title={record.caption}>{record.caption}</span>}
        <span className="muted">{describeClip(record)}</span>
      </p>
      {problem === null ? (
        <audio key={attempt} src={url} controls preload="metadata" aria-label={record.caption ?? name} onError={onError} />
      ) : (
        <FileMessage problem={problem} />
      )}
    </li>
  );
}
