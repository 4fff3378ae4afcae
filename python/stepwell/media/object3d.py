"""Objects in space: models from files, point clouds, and scenes of points, boxes and vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stepwell.media.encoding.scene import SCENE_TYPE, checked_points, checked_scene
from stepwell.media.encoding.source import PathOrFile, Source
from stepwell.media.records.media import FileMedia, caption_text, said


class Object3D(FileMedia):
    """Something with three dimensions.

    Parameters
    ----------
    data_or_path
        * A path or an open file: `obj`, `gltf`, `glb`, `babylon` or `stl`, kept byte for byte; or `pts.json`,
          which holds points or a scene.
        * An array of points, N × 3 (x, y, z), N × 4 (and a category, which has a colour of its own from 1 to
          14) or N × 6 (and red, green and blue from 0 to 255). Of other columns the first three are kept,
          with a warning when it is logged.
        * A scene: `{"type": "lidar/beta", "points", "boxes", "vectors"}`. Points are as above; a box is
          `{"corners": eight of [x, y, z], "label"?, "color"?, "score"?}`, a vector `{"start": [x, y, z],
          "end": [x, y, z]}`. Each may be an array or a list. Boxes and vectors that have something else are
          kept as they are, with a warning.
    caption
        A line of text below it.
    file_type
        The format, where a file has no name that says it.

    Attributes
    ----------
    format
        Of the file; `npy` for a point cloud, `scene.json` for a scene.

    Raises
    ------
    TypeError
        If the data is none of these, or holds no numbers.
    ValueError
        For other shapes, formats and types of scene, and a missing file.
    """

    _type = "object3D-file"
    _folder = "object3D"
    remarks: list[tuple[str, str]]
    SUPPORTED_TYPES = ("obj", "gltf", "glb", "babylon", "stl", "pts.json")

    def __init__(self, data_or_path: Any, caption: str | None = None, file_type: str | None = None) -> None:
        self._caption = caption_text("Object3D", caption)
        self._shape: list[int] | None = None
        self.remarks = []
        if Source.is_given(data_or_path):
            self._take_file(Source("Object3D", data_or_path), file_type)
        else:
            self._take_data(data_or_path)

    @classmethod
    def from_file(cls, data_or_path: PathOrFile, file_type: str | None = None) -> Object3D:
        """Return the object of a path or an open file."""
        if not Source.is_given(data_or_path):
            raise TypeError(f"Object3D: expected a path or an open file, not {type(data_or_path).__name__}")
        return cls(data_or_path, file_type=file_type)

    @classmethod
    def from_numpy(cls, data: Any) -> Object3D:
        """Return the point cloud of an array, N × 3, N × 4 or N × 6."""
        return cls(data)

    @classmethod
    def from_point_cloud(
        cls,
        points: Any,
        boxes: Sequence[Mapping[str, Any]],
        vectors: Sequence[Mapping[str, Any]] | None = None,
        point_cloud_type: str = SCENE_TYPE,
    ) -> Object3D:
        """Return the scene of points, boxes (see `box3d`) and vectors."""
        return cls({"type": point_cloud_type, "points": points, "boxes": boxes, "vectors": vectors or []})

    def _fields(self, key: str) -> dict[str, Any]:
        return {"format": self.format, **said(shape=self._shape, caption=self._caption)}

    def __repr__(self) -> str:
        points = "" if self._shape is None else f"{self._shape[0]:,} points, "
        return f"Object3D({points}{self.format})"

    def _take_file(self, source: Source, file_type: str | None) -> None:
        if file_type is None and source.name.lower().rstrip("'\"").endswith(".pts.json"):
            file_type = "pts.json"
        self.format = source.format_among("Object3D", self.SUPPORTED_TYPES, "file_type", file_type)
        if self.format == "pts.json":
            import json

            self._take_data(json.loads(source.read()))
        else:
            self._content = source.content(self.format)

    def _take_data(self, data: Any) -> None:
        from stepwell import _native

        if isinstance(data, Mapping):
            self.format = "scene.json"
            self._content = _native.Content.from_value("Object3D", checked_scene(data, self.remarks), self.format)
        else:
            points = checked_points("Object3D", data, self.remarks)
            self.format, self._shape = "npy", [int(length) for length in points.shape]
            self._content = _native.Content.from_array(points)
