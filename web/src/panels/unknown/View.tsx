// Names what a key holds when no other panel can show it, with its newest value as it was sent.
import { useEffect } from "react";
import { useValues } from "../../api/queries";
import { useSingleRun } from "../singleRun";
import type { PanelProps } from "../types";

export default function UnknownView({ keyInfo, runs, session, host }: PanelProps) {
  const { run, control } = useSingleRun({ runs, keyInfo, host });
  const { data, error } = useValues(session, run, keyInfo.key, 1);
  useEffect(() => {
    host.setInfo(keyInfo.kinds.join(", "));
    host.setPoints(data?.points ?? 0);
  }, [data, keyInfo.kinds.join()]);
  return (
    <>
      {control}
      {error !== null && <p className="panel-message">{error.message}</p>}
      <pre className="value-list" tabIndex={0}>
        {data === undefined ? "" : JSON.stringify(data.values[0]?.value ?? null, null, 2)}
      </pre>
    </>
  );
}
