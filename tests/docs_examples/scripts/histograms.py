"""Histograms in rows and in the summary."""

import numpy as np

import stepwell as wandb

data = np.random.default_rng(0).normal(size=5_000)
numpy_array_or_sequence = data.astype(np.float32)

wandb.init(project="docs", id="histograms")

wandb.log({"gradients": wandb.Histogram(numpy_array_or_sequence)})
wandb.log({"gradients": wandb.Histogram(list(range(100)), num_bins=512)})
wandb.run.summary.update({"gradients": wandb.Histogram(np_histogram=np.histogram(data))})
