// A table with numbers that JSON has no form for, texts, and an image.
import { keySubject, type PanelFixture } from "../fixture";

const fixture: PanelFixture<{ columns: string[]; data: unknown[][] }> = {
  subject: keySubject("predictions", "table-file"),
  data: {
    columns: ["id", "label", "score", "image"],
    data: [
      [1, "cat 10", 0.5, { _type: "image-file", path: "media/images/a.png", width: 72, height: 48 }],
      [2, "cat 2", { _type: "float", value: "NaN" }, null],
      [3, "dog", { _type: "float", value: "-Infinity" }, null],
      [{ _type: "int", value: "9007199254740993" }, "dog", 12345.678, null],
      [5, 'Über, "alles"', null, null],
    ],
  },
};

export default fixture;
