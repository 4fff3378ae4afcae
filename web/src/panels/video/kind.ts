// Which element shows a video.
import type { VideoRecord } from "../../api/records";

/** No player takes a GIF; it moves as a picture. */
export function isAnimation({ format, path }: VideoRecord): boolean {
  return (format ?? path?.split(".").pop() ?? "").toLowerCase() === "gif";
}
