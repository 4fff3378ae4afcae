// Draws a summary's histogram as bars, with its range as a title.
import { isHistogram } from "../../api/values";
import { formatNumber } from "../../numbers/format";
import type { SummaryProps } from "../types";

const WIDTH = 96;
const HEIGHT = 20;

export default function HistSpark({ value }: SummaryProps) {
  if (!isHistogram(value)) return null;
  const peak = Math.max(1, ...value.values);
  const total = value.values.reduce((sum, count) => sum + count, 0);
  const [low, high] = [value.bins[0] ?? 0, value.bins[value.bins.length - 1] ?? 0];
  const span = high - low || 1;
  const text = `${formatNumber(total)} values from ${formatNumber(low)} to ${formatNumber(high)}`;
  return (
    <svg className="hist-spark" width={WIDTH} height={HEIGHT} role="img" aria-label={text} data-testid="hist-spark">
      <title>{text}</title>
      {value.values.map((count, i) => {
        const left = (((value.bins[i] ?? low) - low) / span) * WIDTH;
        const right = (((value.bins[i + 1] ?? high) - low) / span) * WIDTH;
        const height = count === 0 ? 0 : Math.max(1, (count / peak) * HEIGHT);
        return <rect key={i} x={left} y={HEIGHT - height} width={Math.max(0.5, right - left - 0.5)} height={height} />;
      })}
    </svg>
  );
}
