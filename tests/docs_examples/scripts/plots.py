"""The charts of `wandb.plot`."""

import numpy as np

import stepwell as wandb

wandb.init(project="docs", id="plots")

x_values, y_values = [0, 1, 2, 3], [1.5, 0.5, 2.5, 1.0]
data = [[x, y] for (x, y) in zip(x_values, y_values)]
table = wandb.Table(data=data, columns = ["x", "y"])
wandb.log({"my_custom_plot_id" : wandb.plot.line(table, "x", "y", title="Custom Y vs X Line Plot")})

class_x_prediction_scores, class_y_prediction_scores = [0.1, 0.6, 0.9], [0.3, 0.2, 0.8]
data = [[x, y] for (x, y) in zip(class_x_prediction_scores, class_y_prediction_scores)]
table = wandb.Table(data=data, columns = ["class_x", "class_y"])
wandb.log({"my_custom_id" : wandb.plot.scatter(table, "class_x", "class_y")})

labels, values = ["cat", "dog", "bird"], [3, 5, 2]
data = [[label, val] for (label, val) in zip(labels, values)]
table = wandb.Table(data=data, columns = ["label", "value"])
wandb.log({"my_bar_chart_id" : wandb.plot.bar(table, "label", "value", title="Custom Bar Chart")})

scores = [0.1, 0.15, 0.5, 0.52, 0.9]
data = [[s] for s in scores]
table = wandb.Table(data=data, columns=["scores"])
wandb.log({'my_histogram': wandb.plot.histogram(table, "scores", title=None)})

ground_truth = np.array([0, 1, 2, 2, 1, 0, 1, 2])
predictions = np.random.default_rng(5).dirichlet(np.ones(3), size=8)
np.savez("scores.npz", truth=ground_truth, predictions=predictions)
wandb.log({"pr" : wandb.plot.pr_curve(ground_truth, predictions,
                     labels=None, classes_to_plot=None)})
wandb.log({"roc" : wandb.plot.roc_curve( ground_truth, predictions, \
                        labels=None, classes_to_plot=None)})
wandb.log({"roc" : wandb.plot.roc_curve(ground_truth, predictions, labels=["chat", "chien", "oiseau"],
                                        classes_to_plot=[0, 2])})

predictions, ground_truth, class_names = [0, 1, 2, 2, 0, 1], [0, 1, 2, 1, 0, 0], ["cat", "dog", "bird"]
wandb.log({"conf_mat" : wandb.plot.confusion_matrix(
                        predictions, ground_truth, class_names)})

wandb.log({"series": wandb.plot.line_series(xs=[0, 1, 2], ys=[[1, 2, 3], [3, 2, 1]], keys=["up", "down"],
                                            title="Two lines", xname="time")})
