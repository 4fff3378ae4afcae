// Decoder of the binary answer of series:batch and of the live pushes: a JSON header followed by typed
// arrays.

export interface SeriesColumns {
  run: string;
  key: string;
  label: string | null;
  exact: boolean;
  /** Points in the window, before bucketing. */
  points: number;
  length: number;
  version: number;
  x: Float64Array;
  mean: Float64Array;
  /** Absent for an exact series, as are the other columns of a bucket. */
  min: Float64Array | null;
  max: Float64Array | null;
  first: Float64Array | null;
  last: Float64Array | null;
  count: Uint32Array | null;
}

export interface PanelColumns {
  id: string;
  x: string;
  bucketWidth: number | null;
  series: SeriesColumns[];
}

export interface BatchAnswer {
  panels: PanelColumns[];
  /** Set on live pushes only. */
  subscription: number | null;
  seq: number | null;
  serverUs: number | null;
}

export class DecodeBatchError extends Error {}

type ColumnRef = [offset: number, type: string];

interface SeriesHeader {
  run: string;
  key: string;
  label: string | null;
  exact: boolean;
  points: number;
  length: number;
  version: number;
  columns: Partial<Record<string, ColumnRef>>;
}

interface BatchHeader {
  panels: { id: string; x: string; bucket_width?: number | null; series: SeriesHeader[] }[];
  subscription?: number;
  seq?: number;
  server_us?: number;
}

const EMPTY = new Float64Array(0);

/**
 * The data start at the first multiple of 8 after the header, whether or not its length counts the padding.
 */
export function decodeBatch(buffer: ArrayBuffer): BatchAnswer {
  if (buffer.byteLength < 4) throw new DecodeBatchError("the answer is shorter than its length field");
  const headerBytes = new DataView(buffer).getUint32(0, true);
  const dataStart = Math.ceil((4 + headerBytes) / 8) * 8;
  if (4 + headerBytes > buffer.byteLength) throw new DecodeBatchError("the header is longer than the answer");
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, headerBytes))) as BatchHeader;
  return {
    panels: header.panels.map((panel) => ({
      id: panel.id,
      x: panel.x,
      bucketWidth: panel.bucket_width ?? null,
      series: panel.series.map((series) => decodeSeries(buffer, dataStart, series)),
    })),
    subscription: header.subscription ?? null,
    seq: header.seq ?? null,
    serverUs: header.server_us ?? null,
  };
}

function decodeSeries(buffer: ArrayBuffer, dataStart: number, header: SeriesHeader): SeriesColumns {
  const float = (name: string): Float64Array | null => {
    const ref = header.columns[name];
    if (ref === undefined) return null;
    const bytes = columnBytes(buffer, dataStart, ref, header, name, "f64", 8);
    return new Float64Array(bytes.buffer, bytes.offset, header.length);
  };
  const counts = (): Uint32Array | null => {
    const ref = header.columns["count"];
    if (ref === undefined) return null;
    const bytes = columnBytes(buffer, dataStart, ref, header, "count", "u32", 4);
    return new Uint32Array(bytes.buffer, bytes.offset, header.length);
  };
  const { run, key, label, exact, points, length, version } = header;
  const x = length === 0 ? EMPTY : float("x");
  const mean = length === 0 ? EMPTY : float("mean");
  if (x === null || mean === null) throw new DecodeBatchError(`${key} of ${run} has no x or no mean column`);
  const columns = { min: float("min"), max: float("max"), first: float("first"), last: float("last"), count: counts() };
  return { run, key, label, exact, points, length, version, x, mean, ...columns };
}

/** Where a column lies; copies it only if the server left it unaligned, which a typed array view refuses. */
function columnBytes(
  buffer: ArrayBuffer,
  dataStart: number,
  [offset, type]: ColumnRef,
  header: SeriesHeader,
  name: string,
  expected: string,
  itemBytes: number,
): { buffer: ArrayBuffer; offset: number } {
  if (type !== expected) throw new DecodeBatchError(`column ${name} of ${header.key} is ${type}, expected ${expected}`);
  const start = dataStart + offset;
  const end = start + header.length * itemBytes;
  if (end > buffer.byteLength) throw new DecodeBatchError(`column ${name} of ${header.key} ends after the answer`);
  if (start % itemBytes === 0) return { buffer, offset: start };
  return { buffer: buffer.slice(start, end), offset: 0 };
}
