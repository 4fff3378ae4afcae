// A panel of media of one run: the run, its media at the step of the slider, or a message where there are
// none.
import { type ReactNode, useEffect, useMemo } from "react";
import type { MediaRecord } from "../../api/records";
import { formatPlural } from "../../numbers/format";
import { useStep } from "../../view/stepCursor";
import { useSingleRun } from "../singleRun";
import type { PanelProps, PanelRun } from "../types";
import { PanelState } from "./MediaMessage";
import { StepBar } from "./StepBar";
import { useMediaSteps } from "./useMediaSteps";

interface Props {
  panel: PanelProps;
  kinds: readonly string[];
  /** What one of the media is called. */
  noun: string;
  children: (items: readonly MediaRecord[], run: PanelRun, step: number) => ReactNode;
}

export function SingleRunMedia({ panel: { panelId, keyInfo, runs, session, host }, kinds, noun, children }: Props) {
  const { run, control } = useSingleRun({ runs, keyInfo, host });
  const shown = useMemo(() => (run === undefined ? [] : [run]), [run]);
  const media = useMediaSteps(session, shown, keyInfo.key, kinds);
  const { step } = useStep(panelId);
  const now = run === undefined ? null : media.at(run.id, step);
  useEffect(() => {
    host.setInfo(now === null ? "" : formatPlural(now.items.length, noun));
    host.setPoints(media.stops.length, media.logged);
  }, [now, media]);
  return (
    <div className="media">
      {control}
      <PanelState loading={media.loading} error={media.error} empty={now === null} />
      {now !== null && run !== undefined && <div className="media-main">{children(now.items, run, now.step)}</div>}
      <StepBar panelId={panelId} subject={keyInfo.key} stops={media.stops} logged={media.logged} />
    </div>
  );
}
