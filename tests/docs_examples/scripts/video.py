"""Videos from arrays, files and BytesIO."""

from io import BytesIO
from pathlib import Path

import numpy as np

import stepwell as wandb

# time, channels, height, width
numpy_array_or_path_to_video = np.random.default_rng(3).integers(0, 256, (6, 3, 24, 32), dtype=np.uint8)
np.save("frames.npy", numpy_array_or_path_to_video)
# Not decoded, only kept: a box of an MP4 file is enough.
Path("myvideo.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(100))

wandb.init(project="docs", id="video")

wandb.log({"video": wandb.Video(numpy_array_or_path_to_video, fps=4, format="gif")})
wandb.log({"video": wandb.Video(numpy_array_or_path_to_video)})
wandb.log({"example": wandb.Video("myvideo.mp4")})
wandb.log({"stream": wandb.Video(BytesIO(Path("myvideo.mp4").read_bytes()), format="mp4")})
