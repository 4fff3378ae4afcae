// A line chart outside React: uPlot draws the axes and takes the zoom; the series lie on two canvases of
// their own above it.
//
// The lower canvas holds all series; hovering only fades it by CSS and paints the hot run on the upper one,
// so the axes keep their colour and a hover over a hundred runs costs one line.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Theme } from "../../runs/palette";
import { pngOf } from "../../ui/download";
import { themeColor } from "../../view/theme";
import { makeAxes } from "./axes";
import { type Hit, hitTest } from "./hover";
import { endLabels, rightMargin } from "./labels";
import type { LineModel, LineSeries } from "./model";
import { bandOpacity, hotBandOpacity, makeScale, type PlotArea, paintSeries } from "./paint";

export interface ChartOptions {
  x: string;
  logY: boolean;
  band: boolean;
  smoothed: boolean;
  theme: Theme;
}

export interface ChartEvents {
  onZoom(from: number, to: number): void;
  onResetZoom(): void;
  /** The mouse is over the plot: what it hits, the x there, and where it is in the window. */
  onHover(hits: Hit[], x: number, clientX: number, clientY: number): void;
  onLeave(): void;
}

const LINE_WIDTH = 1.5;
const HOT_WIDTH = 2.25;
/** A drag shorter than this is a click. */
const DRAG_MIN_PX = 5;

export class LineChart {
  private readonly plot: uPlot;
  private readonly base = makeCanvas("series-canvas");
  private readonly top = makeCanvas("series-canvas");
  private readonly cursorLine = document.createElement("div");
  private readonly labels = document.createElement("div");
  private model: LineModel;
  private hotRun: string | null = null;
  private lastMove: MouseEvent | null = null;
  private frameRequest = 0;

  constructor(
    parent: HTMLElement,
    size: { width: number; height: number },
    model: LineModel,
    private readonly options: ChartOptions,
    private readonly events: ChartEvents,
  ) {
    this.model = model;
    const y: uPlot.Scale = { distr: options.logY ? 3 : 1, range: () => [this.model.y.min, this.model.y.max] };
    this.plot = new uPlot(
      {
        ...size,
        padding: [8, (chart) => rightMargin(this.model, chart.width), 0, 0],
        legend: { show: false },
        cursor: {
          x: false,
          y: false,
          points: { show: false },
          drag: { x: true, y: false, setScale: false, dist: DRAG_MIN_PX },
          bind: {
            dblclick: () => () => {
              events.onResetZoom();
              return null;
            },
          },
        },
        scales: { x: { time: false, range: () => [this.model.x.min, this.model.x.max] }, y },
        axes: makeAxes(options.x, themeColor),
        series: [{}, { paths: () => null, points: { show: false } }],
        hooks: { setSelect: [(chart) => this.selected(chart)], draw: [() => this.paint()] },
      },
      this.frame(),
      parent,
    );
    this.cursorLine.className = "cursor-line";
    this.plot.over.append(this.base, this.top, this.cursorLine, this.labels);
    this.plot.over.addEventListener("mousemove", this.onMove);
    this.plot.over.addEventListener("mouseleave", this.onLeave);
    this.paint();
  }

  setModel(model: LineModel): void {
    this.model = model;
    this.plot.setData(this.frame());
  }

  setSize(width: number, height: number): void {
    if (this.plot.width !== width || this.plot.height !== height) this.plot.setSize({ width, height });
  }

  setHotRun(run: string | null): void {
    if (run === this.hotRun) return;
    this.hotRun = run;
    this.paintHot();
  }

  /** Shows the shared cursor at x, or takes it away. */
  setCursor(x: number | null): void {
    const { min, max } = this.model.x;
    const shown = x !== null && x >= min && x <= max;
    this.cursorLine.style.display = shown ? "block" : "none";
    if (shown) this.cursorLine.style.transform = `translateX(${Math.round(((x - min) / (max - min)) * this.area().width)}px)`;
  }

  /** Axes and series on one canvas over the card's background. */
  toPng(background: string): Promise<Blob> {
    const source = this.plot.ctx.canvas;
    const canvas = document.createElement("canvas");
    canvas.width = source.width;
    canvas.height = source.height;
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    context.fillStyle = background;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(source, 0, 0);
    context.drawImage(this.base, this.plot.bbox.left, this.plot.bbox.top);
    return pngOf(canvas);
  }

  destroy(): void {
    cancelAnimationFrame(this.frameRequest);
    this.plot.destroy();
  }

  /** uPlot needs data to show axes; the ends of both ranges are enough. */
  private frame(): uPlot.AlignedData {
    return [
      [this.model.x.min, this.model.x.max],
      [this.model.y.min, this.model.y.max],
    ];
  }

  private area(): PlotArea {
    return { width: this.plot.over.clientWidth, height: this.plot.over.clientHeight, pixelRatio: devicePixelRatio };
  }

  private paint(): void {
    if (this.base.parentElement === null) return;
    const { band, logY, smoothed } = this.options;
    const style = { band, logY, smoothed, lineWidth: LINE_WIDTH, bandOpacity: bandOpacity(this.model.series.length) };
    this.paintOn(this.base, this.model.series, style);
    this.placeLabels();
    this.paintHot();
  }

  private placeLabels(): void {
    const area = this.area();
    const scale = makeScale(this.model.x, this.model.y, this.options.logY, area);
    const labels = endLabels(this.model, scale, this.plot.width, area.height).map(({ text, color, top }) => {
      const label = document.createElement("div");
      label.className = "end-label";
      label.textContent = text;
      label.style.cssText = `top:${top}px;color:${color}`;
      return label;
    });
    this.labels.replaceChildren(...labels);
  }

  private paintHot(): void {
    const hot = this.hotRun === null ? [] : this.model.series.filter((series) => series.run.id === this.hotRun);
    this.base.classList.toggle("dimmed", hot.length > 0);
    const { band, logY, smoothed } = this.options;
    this.paintOn(this.top, hot, { band, logY, smoothed, lineWidth: HOT_WIDTH, bandOpacity: hotBandOpacity });
  }

  private paintOn(canvas: HTMLCanvasElement, series: readonly LineSeries[], style: Parameters<typeof paintSeries>[4]): void {
    const area = this.area();
    const [width, height] = [Math.round(area.width * area.pixelRatio), Math.round(area.height * area.pixelRatio)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d");
    if (context !== null) paintSeries(context, this.model, series, area, style);
  }

  private selected(chart: uPlot): void {
    const { left, width } = chart.select;
    if (width < DRAG_MIN_PX) return;
    const [from, to] = [chart.posToVal(left, "x"), chart.posToVal(left + width, "x")];
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.events.onZoom(from, to);
  }

  /** The mouse moves more often than the screen is drawn; one answer per frame is enough. */
  private readonly onMove = (event: MouseEvent): void => {
    if (this.lastMove === null) this.frameRequest = requestAnimationFrame(() => this.hover());
    this.lastMove = event;
  };

  private hover(): void {
    const event = this.lastMove;
    this.lastMove = null;
    if (event === null) return;
    const box = this.plot.over.getBoundingClientRect();
    const [left, top] = [event.clientX - box.left, event.clientY - box.top];
    const x = this.plot.posToVal(left, "x");
    const scale = makeScale(this.model.x, this.model.y, this.options.logY, this.area());
    const hits = event.buttons !== 0 ? [] : hitTest(this.model, scale, left, top, x);
    this.events.onHover(hits, x, event.clientX, event.clientY);
  }

  private readonly onLeave = (): void => {
    this.lastMove = null;
    cancelAnimationFrame(this.frameRequest);
    this.events.onLeave();
  };
}

function makeCanvas(className: string): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.className = className;
  return canvas;
}
