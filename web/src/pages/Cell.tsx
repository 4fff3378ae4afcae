// One config or summary value in a table: numbers with all their digits on hover, histograms drawn.
import { Suspense } from "react";
import { formatExact, formatValue } from "../numbers/format";
import { summaryTypeOf, summaryView } from "../panels/registry";
import { useTheme } from "../view/theme";

export function Cell({ value }: { value: unknown }) {
  const theme = useTheme((state) => state.theme);
  const type = summaryTypeOf(value);
  if (type !== null) {
    const View = summaryView(type);
    return (
      <Suspense fallback={null}>
        <View value={value} theme={theme} />
      </Suspense>
    );
  }
  const text = formatValue(value);
  return <span title={typeof value === "number" ? formatExact(value) : text}>{text}</span>;
}

export const isNumeric = (value: unknown): boolean => typeof value === "number" || typeof value === "bigint";
