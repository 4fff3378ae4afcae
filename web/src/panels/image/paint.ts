// Paints masks and boxes over a picture. Everything is placed in pixels of the image, so that it fits at any
// size and density of the screen.
import type { ImageRecord } from "../../api/records";
import { boxRect, passes } from "./boxes";
import { classColor, className, cssColor, isBackground, type Rgb } from "./classes";
import { type Mask, tint } from "./mask";
import { classId, isOn, type OverlaySet, type OverlayState, setId } from "./overlays";

const LINE_PX = 1.5;
const LABEL_FONT_PX = 10;
const LABEL_PADDING_PX = 3;
/** Labels would cover a picture that is narrower. */
const LABELS_FROM_PX = 130;
const DASH_PX = [4, 3];

interface Painting {
  image: ImageRecord & { width: number; height: number };
  masks: ReadonlyMap<string, Mask>;
  sets: readonly OverlaySet[];
  state: OverlayState;
  /** CSS pixels per pixel of the image. */
  scale: number;
}

export function paintOverlays(canvas: HTMLCanvasElement, painting: Painting): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const { image, scale } = painting;
  canvas.width = Math.round(image.width * scale * devicePixelRatio);
  canvas.height = Math.round(image.height * scale * devicePixelRatio);
  context.scale(canvas.width / image.width, canvas.height / image.height);
  paintMasks(context, painting);
  paintBoxes(context, painting);
}

function paintMasks(context: CanvasRenderingContext2D, { image, masks, sets, state }: Painting): void {
  context.save();
  context.globalAlpha = state.opacity;
  context.imageSmoothingEnabled = false;
  for (const name of Object.keys(image.masks ?? {})) {
    const set = setId("masks", name);
    const mask = masks.get(name);
    if (mask === undefined || !isOn(state, set, sets)) continue;
    const labels = image.masks?.[name]?.class_labels;
    const pixels = tint(mask.ids, (id) => {
      const shown = !isBackground(id, className(id, labels, image.classes)) && isOn(state, classId(set, id), sets);
      return shown ? classColor(id) : null;
    });
    const colored = new OffscreenCanvas(mask.width, mask.height);
    colored.getContext("2d")?.putImageData(new ImageData(pixels, mask.width, mask.height), 0, 0);
    context.drawImage(colored, 0, 0, image.width, image.height);
  }
  context.restore();
}

function paintBoxes(context: CanvasRenderingContext2D, { image, sets, state, scale }: Painting): void {
  context.lineWidth = LINE_PX / scale;
  Object.entries(image.boxes ?? {}).forEach(([name, { box_data, class_labels }], i) => {
    const set = setId("boxes", name);
    if (!isOn(state, set, sets)) return;
    // A second set of the same classes is told from the first by its line.
    context.setLineDash(i === 0 ? [] : DASH_PX.map((px) => px / scale));
    for (const box of box_data) {
      if (!isOn(state, classId(set, box.class_id), sets) || !passes(box.scores, state.thresholds)) continue;
      const rect = boxRect(box, image.width, image.height);
      if (rect === null) continue;
      const color = classColor(box.class_id);
      context.strokeStyle = cssColor(color);
      context.strokeRect(rect.left, rect.top, rect.width, rect.height);
      const label = box.box_caption ?? className(box.class_id, class_labels, image.classes);
      if (label !== null && i === 0 && image.width * scale >= LABELS_FROM_PX) paintLabel(context, label, rect, color, image, scale);
    }
  });
}

/** Above the box, or inside it where the picture ends. */
function paintLabel(
  context: CanvasRenderingContext2D,
  label: string,
  rect: { left: number; top: number },
  color: Rgb,
  image: Painting["image"],
  scale: number,
): void {
  const [size, padding] = [LABEL_FONT_PX / scale, LABEL_PADDING_PX / scale];
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  const width = context.measureText(label).width + 2 * padding;
  const height = size + padding;
  const left = Math.max(0, Math.min(rect.left - context.lineWidth / 2, image.width - width));
  const top = rect.top >= height ? rect.top - height : rect.top;
  context.fillStyle = cssColor(color);
  context.fillRect(left, top, width, height);
  context.fillStyle = luminance(color) > 0.4 ? "#0d0f13" : "#ffffff";
  context.fillText(label, left + padding, top + height / 2);
}

function luminance([red, green, blue]: Rgb): number {
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}
