// The order of text values: newest first, and for equal steps the one logged later first.
import type { LoggedValue } from "../../api/types";

export function newestFirst(values: readonly LoggedValue[]): LoggedValue[] {
  return values
    .map((value, i) => ({ value, i }))
    .sort((a, b) => b.value.step - a.value.step || b.i - a.i)
    .map(({ value }) => value);
}
