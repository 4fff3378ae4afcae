"""A pyplot, a figure, and a figure as an image."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import stepwell as wandb

wandb.init(project="docs", id="matplotlib")

plt.plot([1, 2, 3, 4])
plt.ylabel('some interesting numbers')
wandb.log({"chart": plt})

figure, axes = plt.subplots(figsize=(2, 1), dpi=100)
axes.bar(["a", "b"], [1, 2])
wandb.log({"figure": figure})
wandb.log({"picture": wandb.Image(figure)})
