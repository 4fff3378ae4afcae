// The newest text values of one run, newest first, with their steps.
import { useEffect } from "react";
import { useValues } from "../../api/queries";
import { decodeValue, newestFirst } from "../../api/values";
import { csvOf } from "../../numbers/csv";
import { formatNumber, formatPlural } from "../../numbers/format";
import { formatValue } from "../../numbers/value";
import { useSingleRun } from "../singleRun";
import type { PanelProps } from "../types";

const LIMIT = 100;

export default function TextView({ keyInfo, runs, session, host }: PanelProps) {
  const { run, control } = useSingleRun({ runs, keyInfo, host });
  const { data, error } = useValues(session, run, keyInfo.key, LIMIT);
  useEffect(() => {
    if (data === undefined) return;
    host.setPoints(data.values.length, data.points);
    host.setInfo(data.values.length === data.points ? formatPlural(data.points, "value") : `last ${data.values.length} of ${formatNumber(data.points)}`);
    host.setExporters({
      csv: () => csvOf([["step", "value"], ...data.values.map(({ step, value }) => [step, formatValue(decodeValue(value))])]),
    });
  }, [data]);
  return (
    <>
      {control}
      {error !== null && <p className="panel-message">{error.message}</p>}
      <div className="value-list" tabIndex={0} role="region" aria-label={`Values of ${keyInfo.key}`}>
        <table>
          <tbody>
            {newestFirst(data?.values ?? []).map(({ step, value }, i) => (
              <tr key={`${step}:${i}`}>
                <th scope="row">{formatNumber(step)}</th>
                <td>{formatValue(decodeValue(value))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
