// The images of a step, a column for each run, as large as they fit.
import { useEffect, useMemo, useRef, useState } from "react";
import { hasFile, type ImageRecord } from "../../api/records";
import { formatNumber, formatPlural } from "../../numbers/format";
import { useSize } from "../../ui/useSize";
import { setHotRun } from "../../view/cursor";
import { useStep } from "../../view/stepCursor";
import { stopAt } from "../../view/steps";
import { PanelState } from "../media/MediaMessage";
import { StepBar } from "../media/StepBar";
import { groupedTileSize, pictureScale } from "../media/tiles";
import { useMediaSteps } from "../media/useMediaSteps";
import { mayHave } from "../singleRun";
import type { PanelProps } from "../types";
import { scoreRanges } from "./boxes";
import { OverlayControls } from "./OverlayControls";
import { allBoxes, overlaySets, useOverlays } from "./overlays";
import { Tile } from "./Tile";

const KINDS = ["image-file"];
/** The room that a run should have at least, and how many runs are read at most. */
const RUN_AREA_PX = 120 * 130;
const MAX_RUNS = 12;
const GAP_PX = 6;
const LEAST_TILE_PX = 44;
const CAPTION_PX = 18;
/** A picture that is shown alone has room for more of its caption. */
const ALONE_CAPTION_PX = 40;
const HEADER_PX = 20;
const PADDING_PX = 12;
/** From this width on the switches stand beside the pictures instead of below them. */
const WIDE_PX = 720;

export default function ImageView({ panelId, keyInfo, runs, session, width, height, host }: PanelProps) {
  const scroll = useRef<HTMLDivElement>(null);
  const space = useSize(scroll);
  const [alone, setAlone] = useState<number | null>(null);
  const [present, setPresent] = useState<ReadonlyMap<string, ReadonlySet<number>>>(new Map());
  const withKey = runs.filter((run) => mayHave(run, keyInfo.key));
  const shownRuns = withKey.slice(0, Math.max(1, Math.min(MAX_RUNS, Math.floor((width * height) / RUN_AREA_PX))));
  const media = useMediaSteps(session, shownRuns, keyInfo.key, KINDS);
  const { step } = useStep(panelId);
  const state = useOverlays(panelId);
  const now = stopAt(media.stops, step);

  const shown = useMemo(
    () =>
      shownRuns.map((run) => {
        const logged = media.at(run.id, step);
        return { run, step: logged?.step ?? null, images: (logged?.items ?? []).filter(hasFile) as (ImageRecord & { path: string })[] };
      }),
    [media, step, shownRuns.map(({ id, name, color, state: growth }) => [id, name, color, growth]).join()],
  );
  const images = useMemo(() => shown.flatMap((one) => one.images), [shown]);
  const sets = useMemo(() => overlaySets(images, present), [images, present]);
  const scores = useMemo(() => scoreRanges(allBoxes(images)), [images]);
  const most = Math.max(0, ...shown.map((one) => one.images.length));
  const focus = alone !== null && alone < most ? alone : null;

  useEffect(() => {
    const counted = most === 0 ? "" : formatPlural(most, "image");
    const left = withKey.length - shownRuns.length;
    host.setInfo(
      left > 0 ? `${shownRuns.length} of ${formatPlural(withKey.length, "run")}` : counted,
      left > 0 ? "Full screen has room for more runs; runs are chosen at the left." : "",
    );
    host.setPoints(media.stops.length, media.logged);
  }, [most, withKey.length, shownRuns.length, media]);
  useEffect(() => {
    if (focus === null) return;
    const back = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      setAlone(null);
    };
    addEventListener("keydown", back, { capture: true });
    return () => removeEventListener("keydown", back, { capture: true });
  }, [focus]);

  const noteClasses = (set: string, found: readonly number[]) =>
    setPresent((before) => {
      const known = before.get(set) ?? new Set();
      return found.every((id) => known.has(id)) ? before : new Map(before).set(set, new Set([...known, ...found]));
    });

  const several = shown.length > 1;
  const captions = images.some(({ caption }) => caption !== undefined && caption !== "");
  const box =
    space === null || most === 0
      ? null
      : groupedTileSize({
          groups: shown.length,
          header: several ? HEADER_PX : 0,
          gaps: [GAP_PX, PADDING_PX],
          width: space.width - 2 * PADDING_PX,
          height: space.height - 4,
          count: focus === null ? most : 1,
          aspect: Math.max(0.2, ...images.map((image) => (image.width ?? 4) / (image.height ?? 3))),
          caption: focus !== null ? ALONE_CAPTION_PX : captions ? CAPTION_PX : 0,
          least: LEAST_TILE_PX,
        });
  // Pictures that are enlarged by whole pixels do not fill their boxes; rows are as high as the highest of
  // them.
  const rowHeight =
    box === null
      ? 0
      : Math.min(
          box.height,
          Math.ceil(
            Math.max(
              ...images.map((image) =>
                image.height === undefined || image.width === undefined
                  ? box.height
                  : image.height * pictureScale({ width: image.width, height: image.height }, box, devicePixelRatio).scale,
              ),
            ),
          ),
        );
  return (
    <div className="media">
      <PanelState loading={media.loading} error={media.error} empty={most === 0} />
      <div className={width >= WIDE_PX ? "media-main beside" : "media-main"} hidden={most === 0}>
        <div className="media-scroll" ref={scroll} style={{ gridTemplateColumns: `repeat(${box?.groupColumns ?? 1}, minmax(0, 1fr))` }}>
          {box !== null &&
            shown.map((one) => (
              <section key={one.run.id} className="run-column" aria-label={one.run.name} data-run={one.run.id}>
                {several && (
                  <h4 onMouseEnter={() => setHotRun(one.run.id)} onMouseLeave={() => setHotRun(null)} title={one.run.name}>
                    <span className="swatch" style={{ background: one.run.color }} />
                    <span className="run-name">{one.run.name}</span>
                    {one.step !== null && one.step !== now && <span className="muted">{formatNumber(one.step)}</span>}
                  </h4>
                )}
                <div className="tiles" style={{ gridTemplateColumns: `repeat(${box.columns}, ${box.width}px)` }}>
                  {one.images.map((image, index) =>
                    focus === null || focus === index ? (
                      <Tile
                        key={index}
                        project={session}
                        run={one.run.id}
                        growing={one.run.state === "running"}
                        image={image}
                        name={`image ${index + 1} of ${keyInfo.key} at step ${one.step}`}
                        box={{ width: box.width, height: rowHeight }}
                        alone={focus !== null}
                        sets={sets}
                        state={state}
                        onClick={() => setAlone(focus === null ? index : null)}
                        onMask={noteClasses}
                      />
                    ) : null,
                  )}
                </div>
              </section>
            ))}
        </div>
        {sets.length > 0 && <OverlayControls panelId={panelId} sets={sets} state={state} scores={scores} />}
      </div>
      <StepBar panelId={panelId} subject={keyInfo.key} stops={media.stops} logged={media.logged} />
    </div>
  );
}
