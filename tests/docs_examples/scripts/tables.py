"""Tables of text, of a DataFrame, and of media."""

import numpy as np
import pandas as pd

import stepwell as wandb

my_dataframe = pd.DataFrame({"name": ["a", "b"], "score": [0.5, float("nan")], "n": [1, 2]})

wandb.init(project="docs", id="tables")

# Method 1
data = [["I love my phone", "1", "1"],["My phone sucks", "0", "-1"]]
wandb.log({"examples": wandb.Table(data=data, columns=["Text", "Predicted Label", "True Label"])})

# Method 2
table = wandb.Table(columns=["Text", "Predicted Label", "True Label"])
table.add_data("I love my phone", "1", "1")
table.add_data("My phone sucks", "0", "-1")
wandb.log({"examples": table})

table = wandb.Table(dataframe=my_dataframe)
wandb.log({"frame": table})

default = wandb.Table()
default.add_data("2 + 2", "5", "4")
wandb.log({"default": default})

pictures = wandb.Table(columns=["id", "picture"])
pictures.add_data(1, wandb.Image(np.full((4, 6, 3), 200, dtype=np.uint8)))
wandb.log({"pictures": pictures})
