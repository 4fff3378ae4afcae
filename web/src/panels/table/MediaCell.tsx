// A medium in a cell: images small, everything else as a link to its file.
import { useState } from "react";
import { fileUrl } from "../../api/client";
import { hasFile, itemsOf, type MediaRecord } from "../../api/records";
import { cellText } from "./model";

interface Props {
  value: MediaRecord;
  project: { entity: string; project: string };
  run: string;
}

/** More images than this would be too small to tell apart. */
const MAX_IMAGES = 4;

export function MediaCell({ value, project, run }: Props) {
  const files = itemsOf(value).filter(hasFile);
  if (files.length === 0) return <>{cellText(value)}</>;
  return files.slice(0, MAX_IMAGES).map((record, i) => <FileCell key={i} record={record} url={fileUrl(project, run, record.path)} />);
}

function FileCell({ record, url }: { record: MediaRecord; url: string }) {
  const [failed, setFailed] = useState<string | null>(null);
  const text = record.caption ?? cellText(record);
  const isPicture = record._type === "image-file" || record.format === "gif";
  const small = record.width !== undefined && record.width <= 64;
  return (
    <a href={url} target="_blank" rel="noreferrer" title={text}>
      {isPicture && failed !== url ? (
        <img src={url} alt={text} loading="lazy" decoding="async" style={{ imageRendering: small ? "pixelated" : "auto" }} onError={() => setFailed(url)} />
      ) : (
        text
      )}
    </a>
  );
}
