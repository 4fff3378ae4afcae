"""Writes event files with tensorboardX, and what TensorBoard's own reader says of them."""

import json
import sys
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboard.util import tensor_util
from tensorboardX import SummaryWriter

rng = np.random.default_rng(5)
logs = Path(sys.argv[1])


def write(logdir, steps, factor=1.0, restart=None):
    writer = SummaryWriter(str(logdir))
    if restart is not None:
        event = Event(step=restart, session_log=SessionLog(status=SessionLog.START))
        writer._get_file_writer().event_writer.add_event(event)
    for step in steps:
        writer.add_scalar("loss", factor / (step + 1), step, walltime=1.6e9 + step / 4)
        writer.add_scalar("odd/näme with spaces", -step, step, walltime=1.6e9 + step / 4)
        writer.add_histogram("weights", rng.normal(size=500) * factor, step, walltime=1.6e9 + step / 4)
    writer.add_scalar("extremes", float("nan"), 0, walltime=1.6e9)
    writer.add_scalar("extremes", float("inf"), 1, walltime=1.6e9 + 0.25)
    writer.add_image("picture", rng.random((3, 12, 20)), 2, walltime=1.6e9 + 0.5)
    writer.add_text("note", "first line\nsecond", 2, walltime=1.6e9 + 0.5)
    writer.close()


write(logs / "plain", range(50))
write(logs / "deeper" / "train", range(0, 2000, 100))
write(logs / "restarted", range(30))
import time  # noqa: E402  event files of the same second would have the same name

time.sleep(1.1)
write(logs / "restarted", range(20, 40), factor=10.0, restart=20)

everything = {"scalars": 0, "tensors": 0, "histograms": 0, "images": 0, "audio": 0}
truth = {}
for name in ("plain", "deeper/train", "restarted"):
    read = EventAccumulator(str(logs / name), size_guidance=everything)
    read.Reload()
    tags = read.Tags()
    truth[name] = {
        "scalars": {tag: [[e.step, e.wall_time, e.value] for e in read.Scalars(tag)] for tag in tags["scalars"]},
        "histograms": {
            tag: [[e.step, h.num, h.min, h.max] for e in read.Histograms(tag) for h in [e.histogram_value]]
            for tag in tags["histograms"]
        },
        "images": {tag: [[e.step, e.encoded_image_string.hex()] for e in read.Images(tag)] for tag in tags["images"]},
        "texts": {
            tag: [[e.step, tensor_util.make_ndarray(e.tensor_proto).ravel()[0].decode()] for e in read.Tensors(tag)]
            for tag in tags["tensors"]
        },
    }
Path("truth").write_text(json.dumps(truth))
