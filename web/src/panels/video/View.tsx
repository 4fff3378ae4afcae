// The videos of a step, each with the browser's own player; a GIF as the picture it is.
import { useRef } from "react";
import { fileUrl } from "../../api/client";
import { hasFile, isAnimation, type VideoRecord } from "../../api/records";
import { type Size, useSize } from "../../ui/useSize";
import { FileMessage } from "../media/MediaMessage";
import { SingleRunMedia } from "../media/SingleRunMedia";
import { pictureScale, tileSize } from "../media/tiles";
import { useFile } from "../media/useFile";
import type { PanelProps } from "../types";

const KINDS = ["video-file"];
const GAP_PX = 8;
const CAPTION_PX = 18;
const PADDING_PX = 12;
/** The player's own controls need this much. */
const LEAST_PX = 180;
const UNKNOWN_SIZE = { width: 16, height: 9 };

type Video = VideoRecord & { path: string };

const sizeOf = ({ width, height }: Video): Size => (width === undefined || height === undefined ? UNKNOWN_SIZE : { width, height });

export default function VideoView(panel: PanelProps) {
  return (
    <SingleRunMedia panel={panel} kinds={KINDS} noun="video">
      {(items, run) => (
        <Videos
          videos={items.filter(hasFile)}
          name={panel.keyInfo.key}
          growing={run.state === "running"}
          urlOf={(path) => fileUrl(panel.session, run.id, path)}
        />
      )}
    </SingleRunMedia>
  );
}

interface Props {
  videos: readonly Video[];
  name: string;
  growing: boolean;
  urlOf: (path: string) => string;
}

function Videos({ videos, name, growing, urlOf }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const space = useSize(scroll);
  const layout =
    space === null || videos.length === 0
      ? null
      : tileSize({
          width: space.width - 2 * PADDING_PX,
          height: space.height - 4,
          count: videos.length,
          aspect: Math.max(...videos.map((video) => sizeOf(video).width / sizeOf(video).height)),
          caption: videos.some(({ caption }) => caption) ? CAPTION_PX : 0,
          gap: GAP_PX,
          least: LEAST_PX,
        });
  return (
    <div className="media-scroll" ref={scroll}>
      {layout !== null && (
        <div className="tiles" style={{ gridTemplateColumns: `repeat(${layout.columns}, ${layout.width}px)` }}>
          {videos.map((video) => (
            <Player key={video.path} video={video} url={urlOf(video.path)} name={name} growing={growing} box={layout} />
          ))}
        </div>
      )}
    </div>
  );
}

function Player({ video, url, name, growing, box }: { video: Video; url: string; name: string; growing: boolean; box: Size }) {
  const { problem, attempt, onError } = useFile(url, growing);
  const { pixelated } = pictureScale(sizeOf(video), box, devicePixelRatio);
  const label = video.caption ?? name;
  const style = { width: box.width, height: box.height, imageRendering: pixelated ? "pixelated" : "auto" } as const;
  return (
    <figure className="tile player">
      {problem !== null ? (
        <FileMessage problem={problem} />
      ) : isAnimation(video) ? (
        <img key={attempt} src={url} alt={label} style={style} onError={onError} />
      ) : (
        <video key={attempt} src={url} style={style} controls loop muted playsInline preload="metadata" aria-label={label} onError={onError} />
      )}
      {video.caption !== undefined && <figcaption title={video.caption}>{video.caption}</figcaption>}
    </figure>
  );
}
