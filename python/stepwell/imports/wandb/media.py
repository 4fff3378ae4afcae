"""Media records of wandb as ours: see docs/media.md."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from stepwell.imports.refusals import Refusals

# The list that holds the items of a sequence, and the type of the items.
_SEQUENCES = {
    "audio": ("audio", "audio-file"),
    "videos": ("videos", "video-file"),
    "html": ("html", "html-file"),
    "object3D": ("objects", "object3D-file"),
    "molecule": ("molecules", "molecule-file"),
}
_WITH_FORMAT = {"image-file", "audio-file", "video-file", "molecule-file"}
_POINTS = ".pts.json"


@dataclass
class MediaTranslation:
    """Translates the records of one run.

    Attributes
    ----------
    folder
        The directory `files` of the run.
    private
        What wandb keeps in the config: names of classes, and definitions of charts.
    refused
        Takes records that are none; they stay as they were logged.
    contents
        Contents that are not those of a file in the folder, by the path that they are to have.
    """

    folder: Path
    private: dict[str, Any]
    refused: Refusals
    contents: dict[str, bytes] = field(default_factory=dict)

    def row(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return a row with our records, and charts under the keys that they were logged with."""
        found = {key: self._try(key, value) for key, value in values.items()}
        for key, table in self._charts().items():
            record = found.get(table["key"])
            if isinstance(record, dict) and record.get("_type") == "table-file":
                del found[table["key"]]
                found[key] = {"_type": "chart", **table["chart"], "table": record}
        return found

    def _try(self, key: str, value: Any) -> Any:
        try:
            return self.value(key, value)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            self.refused.note(str(self.folder), key, f"its record is none of wandb's ({error!r}); it stays as it is")
            return value

    def value(self, key: str, value: Any) -> Any:
        """Return a value with our records."""
        if isinstance(value, list):
            return self._list(key, value)
        if not isinstance(value, dict):
            return value
        kind = value.get("_type")
        if not isinstance(kind, str):
            return {name: self.value(f"{key}.{name}", inner) for name, inner in value.items()}
        if kind == "histogram":
            return _histogram(value)
        if kind == "images/separated":
            return self._images(key, value)
        if kind in _SEQUENCES:
            name, item = _SEQUENCES[kind]
            items = [self._record(key, item, each) for each in value.get(name) or []]
            return {"_type": item, "count": len(items), "items": items}
        return self._record(key, kind, value) if isinstance(value.get("path"), str) else value

    def _list(self, key: str, values: list[Any]) -> Any:
        kinds = {each.get("_type") if isinstance(each, dict) else None for each in values}
        kind = kinds.pop() if len(kinds) == 1 else None
        if not isinstance(kind, str):
            return values
        return {"_type": kind, "count": len(values), "items": [self.value(key, each) for each in values]}

    def _record(self, key: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
        path = value["path"]
        record: dict[str, Any] = {"_type": kind, "path": path}
        if kind in _WITH_FORMAT:
            record["format"] = value.get("format") or path.rpartition(".")[2]
        record |= {name: value[name] for name in ("width", "height", "caption", "ncols", "nrows") if name in value}
        if isinstance(value.get("grouping"), int):
            record["grouping"] = value["grouping"]
        if kind == "table-file":
            record["columns"] = self._json(path).get("columns", [])
        if kind == "object3D-file":
            record |= self._object(path)
        return record | self._overlays(key, value)

    def _images(self, key: str, value: dict[str, Any]) -> dict[str, Any]:
        captions = value.get("captions") or []
        items = []
        for index, path in enumerate(value.get("filenames") or []):
            each = {"path": path} | {name: value[name] for name in ("width", "height", "format") if name in value}
            if index < len(captions) and captions[index]:
                each["caption"] = captions[index]
            for name, of_all in (("masks", "all_masks"), ("boxes", "all_boxes")):
                found = value.get(of_all) or []
                if index < len(found) and found[index]:
                    each[name] = found[index]
            items.append(self._record(key, "image-file", each))
        return {"_type": "image-file", "count": len(items), "items": items}

    def _overlays(self, key: str, value: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if value.get("masks"):
            found["masks"] = {
                name: {"path": mask["path"], "class_labels": self._classes("mask", key, name)}
                for name, mask in value["masks"].items()
            }
        if value.get("boxes"):
            found["boxes"] = {
                name: {"class_labels": self._classes("bounding_box", key, name), **self._json(boxes["path"])}
                for name, boxes in value["boxes"].items()
            }
        return found

    def _classes(self, kind: str, key: str, name: str) -> dict[str, str]:
        said = self.private.get(f"{kind}/class_labels", {}).get(f"{key}_wandb_delimeter_{name}", {})
        labels: dict[str, str] = said.get("value", {})
        return labels

    def _object(self, path: str) -> dict[str, Any]:
        if not path.endswith(_POINTS):
            return {"format": path.rpartition(".")[2]}
        try:
            points = json.loads((self.folder / path).read_bytes())
        except (OSError, ValueError):
            return {"format": "json"}
        if not isinstance(points, list):
            return {"format": "scene.json"}
        import numpy

        array = numpy.asarray(points)
        file = io.BytesIO()
        numpy.save(file, array)
        ours = path.removesuffix(_POINTS) + ".npy"
        self.contents[ours] = file.getvalue()
        return {"format": "npy", "path": ours, "shape": list(array.shape)}

    def _json(self, path: str) -> dict[str, Any]:
        """Return the content of a JSON file, nothing if it is not there."""
        try:
            found = json.loads((self.folder / path).read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _charts(self) -> dict[str, Any]:
        charts: dict[str, Any] = {}
        found = self.private.get("visualize")
        for key, said in found.items() if isinstance(found, dict) else ():
            if (chart := self._chart(key, said)) is not None:
                charts[key] = chart
        return charts

    def _chart(self, key: str, said: Any) -> dict[str, Any] | None:
        try:
            return _chart(said)
        except (AttributeError, KeyError, TypeError) as error:
            self.refused.note(str(self.folder), key, f"its chart is none of wandb's ({error!r})")
            return None


def _chart(said: dict[str, Any]) -> dict[str, Any] | None:
    panel = said.get("panel_config", {})
    table = _table_key(panel)
    if table is None or not isinstance(panel.get("panelDefId"), str):
        return None
    fields = {name: column for name, column in panel.get("fieldSettings", {}).items() if column is not None}
    chart = {
        "preset": panel["panelDefId"],
        "fields": fields,
        "string_fields": panel.get("stringSettings", {}),
        "split_table": table.startswith("Custom Chart Tables/"),
    }
    return {"key": table, "chart": chart}


def _table_key(panel: dict[str, Any]) -> str | None:
    for query in panel.get("userQuery", {}).get("queryFields", []):
        for inner in query.get("fields", []):
            for argument in inner.get("args", []):
                if argument.get("name") == "tableKey":
                    return str(argument.get("value"))
    return None


def _histogram(value: dict[str, Any]) -> dict[str, Any]:
    packed = value.get("packedBins")
    if isinstance(packed, dict):
        edges = [packed["min"] + packed["size"] * index for index in range(packed["count"] + 1)]
    else:
        edges = value.get("bins") or []
    # JSON has lost which numbers were floats.
    return {"_type": "histogram", "bins": list(map(float, edges)), "values": value.get("values") or []}
