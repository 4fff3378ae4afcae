// What is known of a clip besides its caption.
import type { AudioRecord } from "../../api/records";
import { formatDuration, formatNumber } from "../../numbers/format";

export function describeClip({ format, duration, sample_rate }: AudioRecord): string {
  const parts = [
    duration === undefined ? "" : formatDuration(duration),
    sample_rate === undefined ? "" : `${formatNumber(sample_rate / 1000)} kHz`,
    format ?? "",
  ];
  return parts.filter((part) => part !== "").join(" · ");
}
