// The decoder of the binary answer.
import { expect, test } from "vitest";
import { DecodeBatchError, decodeBatch } from "./batch";

function encode(header: object, data: ArrayBufferView[], paddingCounted = true): ArrayBuffer {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = Math.ceil((4 + json.length) / 8) * 8;
  const size = data.reduce((sum, array) => sum + array.byteLength, 0);
  const bytes = new Uint8Array(start + size).fill(0x20, 4, start);
  new DataView(bytes.buffer).setUint32(0, paddingCounted ? start - 4 : json.length, true);
  bytes.set(json, 4);
  let at = start;
  for (const array of data) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += array.byteLength;
  }
  return bytes.buffer;
}

const series = (extra: object) => ({ run: "ab12", key: "loss", label: null, exact: true, points: 2, length: 2, version: 7, ...extra });
const exact = series({ columns: { x: [0, "f64"], mean: [16, "f64"] } });
const answer = (one: object, extra: object = {}) => ({ panels: [{ id: "p", x: "_step", bucket_width: 128, series: [one] }], ...extra });
const X = Float64Array.from([1, 2]);
const Y = Float64Array.from([NaN, Infinity]);

test.each([true, false])("an exact series has x and mean, with NaN and infinity as they were (padding counted: %s)", (counted) => {
  const { panels, subscription } = decodeBatch(encode(answer(exact), [X, Y], counted));
  expect(panels[0]).toMatchObject({ id: "p", x: "_step", bucketWidth: 128 });
  const one = panels[0]?.series[0];
  expect([...(one?.x ?? [])]).toEqual([1, 2]);
  expect([...(one?.mean ?? [])]).toEqual([NaN, Infinity]);
  expect([one?.min, one?.count, one?.version]).toEqual([null, null, 7]);
  expect(subscription).toBeNull();
});

test("the columns of buckets come with their counts", () => {
  const columns = Object.fromEntries(["x", "mean", "min", "max", "first", "last"].map((name, i) => [name, [i * 16, "f64"]]));
  const header = answer(series({ exact: false, points: 300, columns: { ...columns, count: [96, "u32"] } }), { subscription: 7, seq: 12, server_us: 99 });
  const data = Array.from({ length: 6 }, (_, i) => Float64Array.from([i, i + 0.5]));
  const decoded = decodeBatch(encode(header, [...data, Uint32Array.from([100, 200])]));
  const one = decoded.panels[0]?.series[0];
  expect([...(one?.max ?? [])]).toEqual([3, 3.5]);
  expect([...(one?.last ?? [])]).toEqual([5, 5.5]);
  expect([...(one?.count ?? [])]).toEqual([100, 200]);
  expect([decoded.subscription, decoded.seq, decoded.serverUs]).toEqual([7, 12, 99]);
});

test("an unaligned column is read all the same", () => {
  const shifted = series({ columns: { x: [4, "f64"], mean: [20, "f64"] } });
  const one = decodeBatch(encode(answer(shifted), [new Uint8Array(4), X, Y])).panels[0]?.series[0];
  expect([...(one?.x ?? [])]).toEqual([1, 2]);
});

test("a series that does not exist is empty", () => {
  const one = decodeBatch(encode(answer(series({ points: 0, length: 0, columns: {} })), [])).panels[0]?.series[0];
  expect([one?.length, one?.x.length]).toEqual([0, 0]);
});

test("what is cut off or of another type is refused", () => {
  expect(() => decodeBatch(new ArrayBuffer(2))).toThrow(DecodeBatchError);
  expect(() => decodeBatch(encode(answer(exact), [X]))).toThrow(/ends after the answer/);
  expect(() => decodeBatch(encode(answer(series({ columns: { x: [0, "f32"], mean: [16, "f64"] } })), [X, Y]))).toThrow(/expected f64/);
  expect(() => decodeBatch(encode(answer(series({ columns: { x: [0, "f64"] } })), [X]))).toThrow(/no mean column|no x or no mean/);
  const long = new ArrayBuffer(8);
  new DataView(long).setUint32(0, 1000, true);
  expect(() => decodeBatch(long)).toThrow(/longer than the answer/);
});
