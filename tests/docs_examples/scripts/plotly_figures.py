"""Plotly figures, logged as they are."""

import plotly.graph_objects as go

import stepwell as wandb

wandb.init(project="docs", id="plotly")

figure = go.Figure(go.Scatter(x=[1, 2, 3], y=[3.5, 1.5, 2.5], name="line"))
wandb.log({"figure": figure})
wandb.log({"wrapped": wandb.Plotly(figure)})
