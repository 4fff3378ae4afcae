"""Sound from an array and from a file."""

import wave

import numpy as np

import stepwell as wandb

numpy_array = np.sin(np.linspace(0, 60, 320)).astype(np.float32)
np.save("samples.npy", numpy_array)
with wave.open("tone.wav", "wb") as file:
    file.setparams((2, 2, 8000, 0, "NONE", ""))
    file.writeframes(np.arange(200, dtype="<i2").tobytes())

wandb.init(project="docs", id="audio")

wandb.log({"examples": [wandb.Audio(numpy_array, caption="Nice", sample_rate=32)]})
wandb.log({"file": wandb.Audio("tone.wav")})
