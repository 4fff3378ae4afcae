"""Charts that are logged: `stepwell.log({"roc": stepwell.plot.roc_curve(truth, scores)})`."""

from stepwell.plot.confusion import confusion_matrix
from stepwell.plot.curves import pr_curve, roc_curve
from stepwell.plot.series import line_series
from stepwell.plot.specification import fill
from stepwell.plot.tables import bar, histogram, line, plot_table, scatter, visualize

__all__ = [
    "bar",
    "confusion_matrix",
    "fill",
    "histogram",
    "line",
    "line_series",
    "plot_table",
    "pr_curve",
    "roc_curve",
    "scatter",
    "visualize",
]
