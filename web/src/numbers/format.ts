// Numbers, durations and times as text; every place that shows a value uses these.

/** Four significant digits tell two runs apart without making columns ragged. */
const SIGNIFICANT = 4;

function special(value: number): string | null {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "∞";
  if (value === -Infinity) return "−∞";
  return null;
}

/** Short form for axes, tooltips and tables. */
export function formatNumber(value: number): string {
  const name = special(value);
  if (name !== null) return name;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return withMinus(value.toLocaleString("en-US"));
  if (size >= 1e7 || size < 1e-4) return withMinus(shorter(value.toExponential(), value.toExponential(SIGNIFICANT - 2)).replace("e+", "e"));
  if (size >= 1000) return withMinus(value.toLocaleString("en-US", { maximumFractionDigits: 1 }));
  return withMinus(shorter(String(value), value.toPrecision(SIGNIFICANT)));
}

/** A value that was logged with fewer digits than are shown is shown with those it has. */
function shorter(whole: string, rounded: string): string {
  return whole.length < rounded.length ? whole : rounded;
}

/** The shortest text that reads back as the same number. */
export function formatExact(value: number): string {
  return special(value) ?? withMinus(String(value));
}

/** Tick labels of one axis share their number of digits, so that they line up. */
export function formatTicks(ticks: readonly number[]): string[] {
  const largest = Math.max(...ticks.map(Math.abs));
  const gaps = ticks.slice(1).map((tick, i) => Math.abs(tick - (ticks[i] ?? 0)));
  const step = gaps.length === 0 ? largest : Math.min(...gaps);
  if (largest !== 0 && (largest >= 1e7 || largest < 1e-3)) {
    const digits = Math.min(6, Math.max(0, Math.ceil(Math.log10(largest / step)) || 0));
    return ticks.map((tick) => (tick === 0 ? "0" : withMinus(trimExponent(tick.toExponential(digits)))));
  }
  let decimals = 0;
  while (decimals < 10 && Math.abs(Number(step.toFixed(decimals)) - step) > step * 1e-6) decimals += 1;
  return ticks.map((tick) => withMinus(tick.toLocaleString("en-US", { maximumFractionDigits: decimals })));
}

function trimExponent(text: string): string {
  return text.replace(/\.?0*e\+?/, "e");
}

function withMinus(text: string): string {
  return text.startsWith("-") ? `−${text.slice(1)}` : text;
}

/** 49,500 as "49.5k". */
export function formatCount(count: number): string {
  if (count < 1000) return String(count);
  const [scale, unit] = count < 1e6 ? [1e3, "k"] : count < 1e9 ? [1e6, "M"] : [1e9, "G"];
  const scaled = count / scale;
  return `${scaled >= 100 ? Math.round(scaled) : Number(scaled.toFixed(1))}${unit}`;
}

export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return special(seconds) ?? "";
  const sign = seconds < 0 ? "−" : "";
  const size = Math.abs(seconds);
  if (size < 10) return `${sign}${Number(size.toFixed(2))}s`;
  if (size < 60) return `${sign}${Math.round(size)}s`;
  const whole = Math.round(size);
  const [days, hours, minutes] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  if (days > 0) return `${sign}${days}d ${hours}h`;
  if (hours > 0) return `${sign}${hours}h ${minutes}m`;
  return `${sign}${minutes}m ${whole % 60}s`;
}

export function formatTime(microseconds: number): string {
  const time = new Date(microseconds / 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

export function formatAgo(microseconds: number, nowMillis: number): string {
  const seconds = Math.max(0, nowMillis / 1000 - microseconds / 1e6);
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.round(seconds)} s ago`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} d ago`;
}

export function formatPlural(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? "" : "s"}`;
}
