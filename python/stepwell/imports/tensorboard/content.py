"""Conversion of a value of TensorBoard into a number, text, an array, or media."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from stepwell.imports.protobuf import parsed
from stepwell.imports.tensorboard.tensor import read_tensor
from stepwell.proto.foreign import tensorboard_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from stepwell.imports.tensorboard.event import Value
    from stepwell.media.histogram import Histogram

# Tensors that TensorBoard shows in ways of its own, and that hold nothing to log.
_LEFT_OUT = {"graphs", "graph_run_metadata", "graph_keras_model", "custom_scalars", "mesh", "projector", "hparams"}


def content(value: Value, plugin: str) -> Any:
    """Return what is logged of a value, None for what stepwell does not show.

    Parameters
    ----------
    value
        The value.
    plugin
        The part of TensorBoard that shows it.

    Raises
    ------
    WireError
        If it is damaged.
    """
    if value.kind == "scalar":
        return value.data
    if value.kind == "histogram":
        return _of_histogram(value.data)
    if value.kind == "image":
        return _picture(parsed(tensorboard_pb2.Encoded, value.data).data)
    if value.kind == "audio":
        return _audio(parsed(tensorboard_pb2.Encoded, value.data).data)
    if value.kind != "tensor" or plugin in _LEFT_OUT:
        return None
    array = read_tensor(value.data)
    return None if array is None else _of_tensor(array, plugin)


def _of_tensor(array: npt.NDArray[Any], plugin: str) -> Any:
    if plugin == "histograms":
        rows = array.reshape(-1, 3).tolist()
        return histogram([row[2] for row in rows], [row[0] for row in rows[:1]] + [row[1] for row in rows])
    if plugin == "images":  # width, height, then a file per image
        return _one_or_list([_picture(each) for each in array.ravel().tolist()[2:]])
    if plugin == "audio":  # a file and a label per clip
        return _one_or_list([_audio(each) for each in (array[..., 0] if array.ndim > 1 else array).ravel().tolist()])
    if plugin == "pr_curves":
        return _curve(array)
    if array.dtype == object:
        texts = _texts(array.tolist())
        return texts[0] if array.size == 1 and isinstance(texts, list) and array.ndim == 1 else texts
    return array.item() if array.size == 1 and array.ndim == 0 else array


def _texts(values: Any) -> Any:
    return [_texts(each) for each in values] if isinstance(values, list) else values.decode("utf-8", "replace")


def _of_histogram(data: bytes) -> Histogram | None:
    """Return the histogram of a message: buckets by their right edges; those at both ends may be empty."""
    said = parsed(tensorboard_pb2.Histogram, data)
    limits, counts = said.bucket_limit, said.bucket
    filled = [index for index, count in enumerate(counts) if count > 0]
    if not filled or len(limits) != len(counts):
        return None
    first, last = filled[0], filled[-1]
    # The outermost buckets reach to infinity in some writers; what lies in them ends at the least and largest
    # value.
    return histogram(counts[first : last + 1], [said.min, *limits[first:last], said.max])


def histogram(counts: Sequence[float], edges: Sequence[float]) -> Histogram | None:
    """Return a histogram, neighbours joined where there are too many bins; None without bins."""
    from stepwell.media.histogram import Histogram

    if not counts:
        return None
    width = -(-len(counts) // Histogram.MAX_LENGTH)
    joined = [sum(counts[at : at + width]) for at in range(0, len(counts), width)]
    # Rounding to float32 can put an edge a little before its neighbour.
    rising = list(accumulate([*edges[: len(counts) : width], edges[len(counts)]], max))
    return Histogram(np_histogram=(joined, rising))


def _picture(data: bytes) -> Any:
    from stepwell.media.image import Image
    from stepwell.media.video import Video

    if not data:
        return None
    return Video(data, format="gif") if data[:4] == b"GIF8" else Image(data)


def _audio(data: bytes) -> Any:
    from stepwell.media.audio import Audio

    return Audio(data) if data else None


def _one_or_list(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items or None


def _curve(array: npt.NDArray[Any]) -> Any:
    """Return precision over recall, the last two rows; before them positives and negatives are counted."""
    from stepwell import plot
    from stepwell.media.table import Table

    points = [(recall, precision) for precision, recall in array[-2:].T.tolist() if precision or recall]
    table = Table(columns=["recall", "precision"], data=[list(point) for point in sorted(set(points))])
    return plot.line(table, "recall", "precision", title="Precision and recall")
