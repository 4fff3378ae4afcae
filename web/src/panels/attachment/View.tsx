// Cards that name media and offer their files.
import { fileUrl } from "../../api/client";
import { fileName, type MediaRecord } from "../../api/records";
import { FileMessage } from "../media/MediaMessage";
import { SingleRunMedia } from "../media/SingleRunMedia";
import { useCheckedFile } from "../media/useFile";
import type { PanelProps } from "../types";
import { factsOf, formatBytes, KINDS } from "./facts";

export default function AttachmentView(panel: PanelProps) {
  return (
    <SingleRunMedia panel={panel} kinds={KINDS} noun="file">
      {(items, run) => (
        <ul className="attachments">
          {items.map((record, i) => (
            <Attachment key={i} record={record} growing={run.state === "running"} urlOf={(path) => fileUrl(panel.session, run.id, path)} />
          ))}
        </ul>
      )}
    </SingleRunMedia>
  );
}

function Attachment({ record, growing, urlOf }: { record: MediaRecord; growing: boolean; urlOf: (path: string) => string }) {
  const { title, details, path } = factsOf(record);
  return (
    <li>
      <h4 title={record.caption}>{record.caption ?? title}</h4>
      <dl>
        {record.caption !== undefined && (
          <div>
            <dt>kind</dt>
            <dd>{title}</dd>
          </div>
        )}
        {details.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd title={text}>{text}</dd>
          </div>
        ))}
      </dl>
      {path !== null && <Save url={urlOf(path)} name={fileName(path)} growing={growing} />}
    </li>
  );
}

function Save({ url, name, growing }: { url: string; name: string; growing: boolean }) {
  const { problem, bytes } = useCheckedFile(url, growing);
  if (problem !== null) return <FileMessage problem={problem} />;
  return (
    <a className="button" href={url} download={name}>
      Save file
      {bytes !== null && <span className="muted">{formatBytes(bytes)}</span>}
    </a>
  );
}
