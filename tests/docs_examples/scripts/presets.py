"""A chart with a preset of one's own."""

import stepwell as wandb

data = [[step, step ** 0.5] for step in range(5)]

wandb.init(project="docs", id="presets")

# Create a table with the columns to plot
table = wandb.Table(data=data, columns=["step", "height"])

# Map from the table's columns to the chart's fields
fields = {"x": "step",
          "value": "height"}

# Use the table to populate the new custom chart preset
# To use your own saved chart preset, change the vega_spec_name
my_custom_chart = wandb.plot_table(vega_spec_name="carey/new_chart",
              data_table=table,
              fields=fields,
              )
wandb.log({"custom": my_custom_chart})
