// A metric that each of two finished runs logged once.
import { keySubject, type PanelFixture } from "../fixture";

const fixture: PanelFixture<{ values: number[] }> = {
  subject: keySubject("best", "number", { runs: 2, points: 2, first_step: 9, last_step: 9 }),
  data: { values: [0.5, -0.25] },
};

export default fixture;
