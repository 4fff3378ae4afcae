// Two histograms whose bins differ.
import type { HistogramSeries } from "../../api/types";
import { keySubject, type PanelFixture } from "../fixture";

const fixture: PanelFixture<HistogramSeries> = {
  subject: keySubject("weights", "histogram", { points: 2, last_step: 10 }),
  data: {
    points: 2,
    steps: [0, 10],
    bins: [
      [0, 1, 2],
      [-2, 0, 2],
    ],
    values: [
      [4, 8],
      [6, 2],
    ],
  },
};

export default fixture;
