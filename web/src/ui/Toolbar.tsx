// The controls above the charts: search, x axis, smoothing, band, scale, outliers, ranks and zoom.
import { STEP } from "../api/generated";
import type { KeyInfo } from "../api/types";
import { X_AXES, xName } from "../view/choices";
import { patchView, resetZoom, undoZoom, useView } from "../view/store";
import type { RankMode, ViewState } from "../view/urlState";
import { SearchField } from "./SearchField";

function Toggle({ name, title, on, patch }: { name: string; title: string; on: boolean; patch: Partial<ViewState> }) {
  return (
    <button type="button" aria-pressed={on} title={title} onClick={() => patchView(patch)}>
      {name}
    </button>
  );
}

export function Toolbar({ keys, hasRanks }: { keys: readonly KeyInfo[]; hasRanks: boolean }) {
  const view = useView((state) => state.view);
  const numeric = keys.filter(({ kinds }) => kinds.includes("number"));
  const keyIsX = !X_AXES.some(({ key }) => key === view.x);
  const known = numeric.some(({ key }) => key === view.x);
  return (
    <div className="toolbar" role="group" aria-label="Charts">
      <SearchField
        className="field search"
        placeholder="Search metrics (regex)   /"
        label="Search metrics by regular expression"
        data-search
        data-testid="metric-search"
        value={view.query}
        onChange={(query) => patchView({ query }, "replace")}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
      />
      <div className="segmented" role="group" aria-label="x axis">
        {X_AXES.map(({ key, name, title }) => (
          <button key={key} type="button" aria-pressed={view.x === key} title={title} onClick={() => patchView({ x: key })}>
            {name}
          </button>
        ))}
        <select
          aria-label="x axis"
          data-testid="x-axis-select"
          className={keyIsX ? "on" : ""}
          value={keyIsX ? view.x : ""}
          onChange={(event) => patchView({ x: event.target.value === "" ? STEP : event.target.value })}
        >
          <option value="">key…</option>
          <optgroup label="Of every run">
            {X_AXES.map(({ key, name }) => (
              <option key={key} value={key}>
                {name}
              </option>
            ))}
          </optgroup>
          <optgroup label="Metrics">
            {keyIsX && !known && <option value={view.x}>{view.x}</option>}
            {numeric.map(({ key }) => (
              <option key={key} value={key}>
                {key}
              </option>
            ))}
          </optgroup>
        </select>
      </div>
      <label className="smoothing" title="Time-weighted exponential moving average; the raw values stay behind it">
        <span>Smoothing</span>
        <input
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          data-testid="smoothing"
          value={view.smoothing}
          onChange={(event) => patchView({ smoothing: Number(event.target.value) }, "replace")}
        />
        <output>{view.smoothing === 0 ? "off" : view.smoothing.toFixed(2)}</output>
      </label>
      <div className="segmented" role="group" aria-label="Drawing">
        <Toggle name="band min/max" title="Minimum to maximum in each bucket or over ranks" on={view.band} patch={{ band: !view.band }} />
        <Toggle name="log y" title="Logarithmic y axis (y)" on={view.logY} patch={{ logY: !view.logY }} />
        <Toggle
          name="ignore outliers"
          title="Fit the y axis to the middle 96 % of the values"
          on={view.ignoreOutliers}
          patch={{ ignoreOutliers: !view.ignoreOutliers }}
        />
      </div>
      {hasRanks && (
        <select
          className="select"
          aria-label="Ranks"
          title="Runs of several ranks: the first rank, the mean with the band over all ranks, or a line per rank"
          data-testid="ranks-select"
          value={view.ranks}
          onChange={(event) => patchView({ ranks: event.target.value as RankMode })}
        >
          <option value="primary">rank 0</option>
          <option value="all">mean ± band</option>
          <option value="each">rank by rank</option>
        </select>
      )}
      <span className="spacer" />
      {view.zoom !== null && (
        <span className="zoom-chip" data-testid="zoom-chip">
          <button type="button" onClick={undoZoom} title={`Only a part of ${xName(view.zoom.x ?? view.x)} is shown; go back one zoom (z)`}>
            undo zoom
          </button>
          <button type="button" onClick={resetZoom} aria-label="Show everything" title="Show everything">
            ×
          </button>
        </span>
      )}
    </div>
  );
}
