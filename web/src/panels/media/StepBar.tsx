// The slider below a medium: its stops are the steps at which something was logged.
import { useEffect } from "react";
import { formatNumber } from "../../numbers/format";
import { cursor } from "../../view/cursor";
import { registerStops, setLinked, setStep, useStep } from "../../view/stepCursor";
import { stopAt, stopBeside } from "../../view/steps";

interface Props {
  panelId: string;
  subject: string;
  stops: readonly number[];
  /** How many steps were logged, if more than the stops. */
  logged: number;
}

const leave = () => cursor.setState({ x: null });

export function StepBar({ panelId, subject, stops, logged }: Props) {
  const { step, linked } = useStep(panelId);
  useEffect(() => registerStops(panelId, stops), [panelId, stops]);
  const at = stopAt(stops, step);
  if (at === null) return null;
  const index = stops.indexOf(at);
  const text = `step ${formatNumber(at)}`;
  if (stops.length === 1) {
    return (
      <div className="step-bar" data-step={at}>
        <output>{text}</output>
      </div>
    );
  }
  const move = (places: number) => setStep(panelId, stopBeside(stops, at, places));
  return (
    <div className="step-bar" data-testid="step-bar" data-step={at} onMouseLeave={leave} onBlur={leave}>
      <button type="button" className="icon-button" aria-label="Previous step" title="Previous step (←)" disabled={index === 0} onClick={() => move(-1)}>
        ‹
      </button>
      <input
        type="range"
        min={0}
        max={stops.length - 1}
        value={index}
        aria-label={`Step of ${subject}`}
        aria-valuetext={text}
        onChange={(event) => setStep(panelId, stops[Number(event.target.value)] ?? at)}
      />
      <button type="button" className="icon-button" aria-label="Next step" title="Next step (→)" disabled={index === stops.length - 1} onClick={() => move(1)}>
        ›
      </button>
      <output title={logged > stops.length ? `The newest ${formatNumber(stops.length)} of ${formatNumber(logged)} logged steps` : undefined}>
        {text}
        <span className="step-count">
          {formatNumber(index + 1)} of {formatNumber(stops.length)}
          {logged > stops.length && "+"}
        </span>
      </output>
      <button
        type="button"
        className="icon-button"
        aria-pressed={linked}
        aria-label="Move with the other media"
        title={linked ? "Moves with all other media; click to move it alone" : "Moves alone; click to move it with all other media"}
        onClick={() => setLinked(panelId, !linked, step)}
      >
        <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round">
          <path d="M5.5 8.5l3-3" strokeDasharray={linked ? undefined : "1 2"} />
          <path d="M6.5 4.2l1.6-1.6a2.3 2.3 0 0 1 3.3 3.3L9.8 7.5M7.5 9.8l-1.6 1.6a2.3 2.3 0 0 1-3.3-3.3l1.6-1.6" />
        </svg>
      </button>
    </div>
  );
}
