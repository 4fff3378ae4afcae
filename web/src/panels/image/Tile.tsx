// One image with its masks and boxes, its caption, and what to show while it is not there.
import { useEffect, useRef, useState } from "react";
import { fileUrl } from "../../api/client";
import type { ImageRecord } from "../../api/records";
import type { Size } from "../../ui/useSize";
import { FileMessage } from "../media/MediaMessage";
import { pictureScale } from "../media/tiles";
import { RETRY_MILLIS, useFile } from "../media/useFile";
import { type Mask, readMask } from "./mask";
import { isOn, type OverlaySet, type OverlayState, setId } from "./overlays";
import { paintOverlays } from "./paint";

interface Props {
  project: { entity: string; project: string };
  run: string;
  /** The run still writes, so a file may still come. */
  growing: boolean;
  image: ImageRecord & { path: string };
  /** What it is called where it has no caption. */
  name: string;
  box: Size;
  alone: boolean;
  sets: readonly OverlaySet[];
  state: OverlayState;
  onClick: () => void;
  onMask: (set: string, present: readonly number[]) => void;
}

/** Before a picture without a known size is here. */
const UNKNOWN_SIZE = { width: 4, height: 3 };

export function Tile({ project, run, growing, image, name, box, alone, sets, state, onClick, onMask }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const url = fileUrl(project, run, image.path);
  const { problem, attempt, onError } = useFile(url, growing);
  const [loaded, setLoaded] = useState<{ url: string; size: Size } | null>(null);
  const here = loaded?.url === url ? loaded : null;
  const size = image.width !== undefined && image.height !== undefined ? { width: image.width, height: image.height } : (here?.size ?? UNKNOWN_SIZE);
  const { scale, pixelated } = pictureScale(size, box, devicePixelRatio);
  const shownMasks = Object.keys(image.masks ?? {}).filter((set) => isOn(state, setId("masks", set), sets));
  const masks = useMasks(here === null ? [] : shownMasks.map((set) => [set, fileUrl(project, run, image.masks?.[set]?.path ?? "")] as const), growing, onMask);
  const ready = here !== null && shownMasks.every((set) => masks.has(set));

  // Until picture and masks of a new step are here, those of the one before stay.
  useEffect(() => {
    if (ready && canvas.current !== null) paintOverlays(canvas.current, { image: { ...image, ...size }, masks, sets, state, scale });
  }, [ready, url, masks, state, scale, sets]);

  const caption = image.caption ?? "";
  const drawn = { width: size.width * scale, height: size.height * scale };
  return (
    <figure className="tile" style={{ width: box.width }} data-testid="tile" data-path={image.path}>
      <button
        type="button"
        className="tile-picture"
        style={{ height: box.height }}
        aria-label={alone ? `Show all images beside ${caption || name}` : `Show ${caption || name} alone`}
        aria-pressed={alone}
        title={caption || undefined}
        onClick={onClick}
      >
        <span className="tile-frame" style={drawn}>
          {problem === null && (
            <img
              key={attempt}
              src={url}
              alt={caption || name}
              loading="lazy"
              decoding="async"
              draggable={false}
              data-loaded={here !== null}
              style={{ imageRendering: pixelated ? "pixelated" : "auto" }}
              onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) => setLoaded({ url, size: { width, height } })}
              onError={onError}
            />
          )}
          {problem === null ? <canvas ref={canvas} aria-hidden="true" /> : <FileMessage problem={problem} />}
        </span>
      </button>
      {(caption !== "" || alone) && (
        <figcaption title={caption}>
          {caption}
          {alone && (
            <a href={url} target="_blank" rel="noreferrer">
              open file
            </a>
          )}
        </figcaption>
      )}
    </figure>
  );
}

const NO_MASKS: ReadonlyMap<string, Mask> = new Map();
/** Stands for a mask that cannot be read. */
const EMPTY: Mask = { width: 1, height: 1, ids: new Uint8Array(1), present: [] };

/**
 * The masks at some URLs by their set, once all of them are here; one that cannot be read is empty, and asked
 * for again while it may come.
 */
function useMasks(urls: readonly (readonly [set: string, url: string])[], growing: boolean, onMask: Props["onMask"]): ReadonlyMap<string, Mask> {
  const identity = JSON.stringify(urls);
  const [read, setRead] = useState<{ identity: string; masks: ReadonlyMap<string, Mask> }>({ identity: "", masks: NO_MASKS });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (urls.length === 0) return;
    let current = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    void Promise.all(urls.map(async ([set, url]) => [set, await readMask(url).catch(() => EMPTY)] as const)).then((masks) => {
      if (!current) return;
      setRead({ identity, masks: new Map(masks) });
      for (const [set, { present }] of masks) onMask(set, present);
      if (growing && masks.some(([, mask]) => mask === EMPTY)) timer = setTimeout(() => setAttempt((before) => before + 1), RETRY_MILLIS);
    });
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [identity, growing, attempt]);
  return read.identity === identity ? read.masks : NO_MASKS;
}
