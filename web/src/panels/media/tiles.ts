// Layout of the media of a step: as large as they can be side by side, scrolled once they would become too
// small.

export interface TileSpace {
  width: number;
  height: number;
  count: number;
  /** Width by height of a medium. */
  aspect: number;
  /** Height of the line of text below each. */
  caption: number;
  gap: number;
  /** Below this width they are scrolled instead. */
  least: number;
}

/**
 * Width and height of the box for each medium, without its caption, how many stand side by side, and whether
 * all can be seen at once.
 */
export function tileSize({ width, height, count, aspect, caption, gap, least }: TileSpace): { columns: number; width: number; height: number; fits: boolean } {
  let best = { columns: 1, width: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const byWidth = (width - (columns - 1) * gap) / columns;
    const byHeight = ((height - (rows - 1) * gap) / rows - caption) * aspect;
    const side = Math.floor(Math.min(byWidth, byHeight));
    if (side > best.width) best = { columns, width: side };
  }
  const fits = best.width >= Math.min(least, width);
  if (!fits) {
    const columns = Math.max(1, Math.min(count, Math.floor((width + gap) / (least + gap))));
    best = { columns, width: Math.floor((width - (columns - 1) * gap) / columns) };
  }
  return { ...best, height: Math.max(1, Math.floor(best.width / aspect)), fits };
}

export interface GroupSpace extends Omit<TileSpace, "gap"> {
  /** How many groups of `count` media. */
  groups: number;
  /** Height of what stands above each group. */
  header: number;
  /** Between media, and between groups. */
  gaps: readonly [tiles: number, groups: number];
}

/** Groups side by side, or in rows where the media come out larger; their tiles are those of every group. */
export function groupedTileSize({
  groups,
  header,
  gaps: [gap, groupGap],
  width,
  height,
  ...rest
}: GroupSpace): ReturnType<typeof tileSize> & { groupColumns: number } {
  let best: (ReturnType<typeof tileSize> & { groupColumns: number }) | null = null;
  for (let groupColumns = groups; groupColumns >= 1; groupColumns--) {
    const rows = Math.ceil(groups / groupColumns);
    const one = tileSize({
      ...rest,
      gap,
      width: Math.floor((width - (groupColumns - 1) * groupGap) / groupColumns),
      height: Math.floor((height - (rows - 1) * groupGap) / rows) - header,
    });
    if (best === null || (one.fits && (!best.fits || one.width > best.width))) best = { ...one, groupColumns };
  }
  return best ?? { columns: 1, width: 1, height: 1, fits: true, groupColumns: 1 };
}

/**
 * How many screen pixels one pixel of a picture takes in a box; whole ones once it is enlarged, so that all
 * are alike.
 */
export function pictureScale(
  picture: { width: number; height: number },
  box: { width: number; height: number },
  devicePixels: number,
): { scale: number; pixelated: boolean } {
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const whole = Math.floor(scale * devicePixels);
  return whole >= 2 ? { scale: whole / devicePixels, pixelated: true } : { scale, pixelated: false };
}
