// Records of media as rows hold them; docs/media.md says what they mean.

export interface MediaRecord {
  _type: string;
  /** Of the file within its run; a chart has none of its own. */
  path?: string;
  format?: string;
  caption?: string;
  width?: number;
  height?: number;
}

export interface BoxPosition {
  minX?: number;
  maxX?: number;
  minY?: number;
  maxY?: number;
  middle?: [number, number];
  width?: number;
  height?: number;
}

export interface Box {
  position: BoxPosition;
  domain?: "percentage" | "pixel";
  class_id: number;
  box_caption?: string;
  scores?: Record<string, number>;
}

export type ClassLabels = Record<string, string>;

export interface ImageRecord extends MediaRecord {
  classes?: { id: number; name: string }[];
  masks?: Record<string, { path: string; class_labels?: ClassLabels }>;
  boxes?: Record<string, { box_data: Box[]; class_labels?: ClassLabels }>;
}

export interface AudioRecord extends MediaRecord {
  sample_rate?: number;
  duration?: number;
}

export interface VideoRecord extends MediaRecord {
  fps?: number;
  frames?: number;
}

export interface TableRecord extends MediaRecord {
  columns: string[];
  nrows: number;
  ncols: number;
  /** Rows that are not in the file: a table is cut when it is logged, at a number that the script can change. */
  left_out?: number;
}

export interface ObjectRecord extends MediaRecord {
  shape?: number[];
}

export interface ChartRecord extends MediaRecord {
  preset: string;
  fields: Record<string, string>;
  table: TableRecord;
}

export interface ArrayRecord extends MediaRecord {
  dtype: string;
  shape: number[];
  nan?: number;
  [statistic: string]: unknown;
}

/** Whether a value has a `_type`: a medium, a histogram, a number that JSON has no form for. */
export function isTagged(value: unknown): value is MediaRecord {
  return typeof value === "object" && value !== null && typeof (value as { _type?: unknown })._type === "string";
}

/** A value of one kind as a list: several media of a kind are one value with `items`. */
export function itemsOf(value: unknown): MediaRecord[] {
  if (!isTagged(value)) return [];
  const { items } = value as { items?: unknown };
  return Array.isArray(items) ? items.filter(isTagged) : [value];
}

/** Whether a record has a file to show or link to. */
export function hasFile(value: unknown): value is MediaRecord & { path: string } {
  return isTagged(value) && typeof value.path === "string";
}

export function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** No player takes a GIF; it moves as a picture. */
export function isAnimation({ format, path }: VideoRecord): boolean {
  return (format ?? path?.split(".").pop() ?? "").toLowerCase() === "gif";
}
