"""The chart of how much each feature matters to a model of trees."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def importance_chart(scores: Iterable[tuple[str, float]]) -> Any:
    """Return a bar chart of features and their importance, for `log`.

    Parameters
    ----------
    scores
        Name and importance of each feature, in the order of the bars.
    """
    from stepwell import plot
    from stepwell.media.table import Table

    table = Table(columns=["Feature", "Importance"], data=[[name, float(score)] for name, score in scores])
    return plot.bar(table, "Feature", "Importance", title="Feature Importance")
