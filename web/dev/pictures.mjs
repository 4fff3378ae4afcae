// Pictures for the fake server: PNGs made from a function of the pixel, and an image's record with masks and boxes.
import { crc32, deflateSync } from "node:zlib";
import { noise } from "./synthetic.mjs";

const [WIDTH, HEIGHT] = [96, 64];
const CLASSES = { 2: "hill", 3: "sun" };
const COLORS = { 0: [140, 180, 225], 2: [96, 140, 84], 3: [245, 200, 90] };

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** Grey where `pixel` gives one number, RGB where it gives three. */
function png(channels, pixel) {
  const raw = Buffer.alloc(HEIGHT * (1 + WIDTH * channels));
  for (let y = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++) raw.set(pixel(x, y), y * (1 + WIDTH * channels) + 1 + x * channels);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header.set([8, channels === 3 ? 2 : 0], 8);
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header), chunk("IDAT", deflateSync(raw)), chunk("IEND", Buffer.alloc(0))]);
}

const sun = (step) => [12 + ((step / 700) % 72), 22];
const classAt = (x, y, step) => (y > 40 + 6 * Math.sin(x / 14 + step / 9000) ? 2 : Math.hypot(x - sun(step)[0], y - sun(step)[1]) < 9 ? 3 : 0);

/** The image of a step, or its mask, by the path in its record; null for another path. */
export function pictureOf(path) {
  const found = /^media\/(images|masks)\/(\d+)\.png$/.exec(path);
  if (found === null) return null;
  const step = Number(found[2]);
  const grain = 60 * Math.exp(-step / 12000);
  if (found[1] === "masks") return png(1, (x, y) => [classAt(x, y, step)]);
  return png(3, (x, y) => COLORS[classAt(x, y, step)].map((channel, i) => Math.max(0, Math.min(255, channel + grain * (noise(step + i, x * 131 + y) - 0.5)))));
}

export function imageRecord(step) {
  const [x, y] = sun(step);
  const score = Math.min(0.99, 0.4 + step / 60000);
  return {
    _type: "image-file",
    path: `media/images/${step}.png`,
    format: "png",
    width: WIDTH,
    height: HEIGHT,
    caption: `the sun at step ${step}`,
    masks: { prediction: { path: `media/masks/${step}.png`, class_labels: CLASSES } },
    boxes: {
      prediction: {
        box_data: [
          {
            position: { middle: [x, y], width: 18, height: 18 },
            domain: "pixel",
            class_id: 3,
            box_caption: `sun ${score.toFixed(2)}`,
            scores: { confidence: score },
          },
        ],
        class_labels: CLASSES,
      },
    },
  };
}
