// Names what a key holds when no other panel can show it, with its newest value as it was sent.
import { useEffect } from "react";
import { readValues } from "../../api/client";
import { useGrowing, useSingleRun } from "../single";
import type { PanelProps } from "../types";

export default function UnknownView({ keyInfo, runs, session, host }: PanelProps) {
  const { run, control } = useSingleRun({ runs, keyInfo, host });
  const { entity, project } = session;
  const { data, error } = useGrowing(JSON.stringify([run?.id, keyInfo.key]), run?.state === "running" ? run.rows : 0, (signal) =>
    readValues({ entity, project, run: run?.id ?? "", key: keyInfo.key, label: null }, 1, signal),
  );
  useEffect(() => {
    host.setInfo(keyInfo.kinds.join(", "));
    host.setPoints(data?.points ?? 0);
  }, [data, keyInfo.kinds.join()]);
  return (
    <>
      {control}
      {error !== null && <p className="panel-message">{error}</p>}
      <pre className="value-list" tabIndex={0}>
        {data === null ? "" : JSON.stringify(data.values[0]?.value ?? null, null, 2)}
      </pre>
    </>
  );
}
