// Switches for what lies over images: sets, classes, the strength of masks, the least score of boxes.
import { formatNumber } from "../../numbers/format";
import { classColor, cssColor } from "./classes";
import { changeOverlays, classId, isOn, type OverlaySet, type OverlayState } from "./overlays";

interface Props {
  panelId: string;
  sets: readonly OverlaySet[];
  state: OverlayState;
  scores: ReadonlyMap<string, { low: number; high: number }>;
}

const STEPS = 100;

export function OverlayControls({ panelId, sets, state, scores }: Props) {
  const turn = (id: string) => changeOverlays(panelId, ({ switches }) => ({ switches: { ...switches, [id]: !isOn(state, id, sets) } }));
  const kinds = (["masks", "boxes"] as const).filter((kind) => sets.some((set) => set.kind === kind));
  return (
    <div className="overlay-controls" data-testid="overlay-controls" role="group" aria-label="Masks and boxes">
      {kinds.map((kind) => (
        <div key={kind} className="overlay-kind">
          <div className="overlay-head">
            <span>{kind === "masks" ? "Masks" : "Boxes"}</span>
            {kind === "masks" && (
              <Slider
                label="opacity"
                value={state.opacity}
                low={0}
                high={1}
                text={`${Math.round(state.opacity * 100)} %`}
                onChange={(opacity) => changeOverlays(panelId, () => ({ opacity }))}
              />
            )}
            {kind === "boxes" &&
              [...scores].map(([name, { low, high }]) => (
                <Slider
                  key={name}
                  label={name}
                  value={Math.min(high, Math.max(low, state.thresholds[name] ?? low))}
                  low={low}
                  high={high}
                  text={`≥ ${formatNumber(Number((state.thresholds[name] ?? low).toPrecision(3)))}`}
                  onChange={(least) => changeOverlays(panelId, ({ thresholds }) => ({ thresholds: { ...thresholds, [name]: least } }))}
                />
              ))}
          </div>
          {sets
            .filter((set) => set.kind === kind)
            .map((set) => {
              const shown = isOn(state, set.id, sets);
              return (
                <div key={set.id} className={shown ? "overlay-set" : "overlay-set off"}>
                  <button
                    type="button"
                    className="overlay-name"
                    aria-pressed={shown}
                    data-switch={set.id}
                    title={`Show or hide ${set.name}`}
                    onClick={() => turn(set.id)}
                  >
                    <span className="eye" aria-hidden="true" data-on={shown} />
                    {set.name}
                  </button>
                  {set.classes.map(({ id, name }) => {
                    const on = isOn(state, classId(set.id, id), sets);
                    return (
                      <button
                        key={id}
                        type="button"
                        className="class-chip"
                        aria-pressed={on}
                        disabled={!shown}
                        data-switch={classId(set.id, id)}
                        title={`Show or hide ${name} of ${set.name}`}
                        onClick={() => turn(classId(set.id, id))}
                      >
                        <span className="swatch" style={{ background: cssColor(classColor(id)) }} />
                        {name}
                      </button>
                    );
                  })}
                </div>
              );
            })}
        </div>
      ))}
    </div>
  );
}

interface SliderProps {
  label: string;
  value: number;
  low: number;
  high: number;
  text: string;
  onChange: (value: number) => void;
}

function Slider({ label, value, low, high, text, onChange }: SliderProps) {
  if (low === high) return null;
  return (
    <label className="overlay-slider">
      {label}
      <input type="range" min={low} max={high} step={(high - low) / STEPS} value={value} onChange={(event) => onChange(Number(event.target.value))} />
      <output>{text}</output>
    </label>
  );
}
