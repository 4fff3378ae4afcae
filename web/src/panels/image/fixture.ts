// An image with two sets of masks and one of boxes.
import type { ImageRecord } from "../../api/records";
import { keySubject, type PanelFixture } from "../fixture";

const fixture: PanelFixture<ImageRecord[]> = {
  subject: keySubject("val/streets", "image-file"),
  data: [
    {
      _type: "image-file",
      path: "media/images/street.png",
      format: "png",
      width: 144,
      height: 96,
      caption: "a street",
      masks: {
        prediction: { path: "media/masks/prediction.png", class_labels: { "1": "road", "3": "car" } },
        truth: { path: "media/masks/truth.png" },
      },
      boxes: {
        prediction: {
          box_data: [{ position: { minX: 0.5, maxX: 0.75, minY: 0.5, maxY: 0.75 }, class_id: 3, scores: { confidence: 0.9 } }],
          class_labels: { "3": "car", "4": "bus" },
        },
      },
    },
  ],
};

export default fixture;
