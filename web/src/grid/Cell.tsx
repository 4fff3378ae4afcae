// One config or summary value in a table: numbers with all their digits on hover, histograms drawn.
import { formatExact } from "../numbers/format";
import { formatValue } from "../numbers/value";
import { useTheme } from "../view/theme";
import { summaryTypeOf } from "./registry";
import { useSummaryView } from "./views";

export function Cell({ value }: { value: unknown }) {
  const theme = useTheme((state) => state.theme);
  const type = summaryTypeOf(value);
  const View = useSummaryView(type);
  if (type !== null) return View === null ? null : <View value={value} theme={theme} />;
  const text = formatValue(value);
  return <span title={typeof value === "number" ? formatExact(value) : text}>{text}</span>;
}

export const isNumeric = (value: unknown): boolean => typeof value === "number" || typeof value === "bigint";
