"""Values in JSON and back, exactly: the forms of docs/http-api.md, and bytes with their content."""

from __future__ import annotations

import base64
import contextlib
import json
import math
import re
from typing import Any

# The largest integer up to which JavaScript's numbers have no gaps.
_EXACT_INTEGER = 2**53
# What fits 64 bits, and a sign.
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_FORMS = ("float", "int", "bytes", "dict")
_NAMES = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def to_json(value: Any) -> Any:
    """Return a value as JSON can hold it: NaN, infinities, large integers and bytes become small objects.

    A dict that looks like one of them is wrapped in `{"_type": "dict", "value": …}`.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return {"_type": "float", "value": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _EXACT_INTEGER:
        return {"_type": "int", "value": str(value)}
    if isinstance(value, bytes):
        return {"_type": "bytes", "length": len(value), "base64": base64.b64encode(value).decode("ascii")}
    if isinstance(value, dict):
        form = {str(key): to_json(inner) for key, inner in value.items()}
        # A dict of a user's that looks like one of these small objects.
        return {"_type": "dict", "value": form} if form.get("_type") in _FORMS else form
    return [to_json(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def from_json(value: Any) -> Any:
    """Return the value that `to_json` was given."""
    if isinstance(value, list):
        return [from_json(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    kind, inner = value.get("_type"), value.get("value")
    if kind == "dict" and isinstance(inner, dict) and len(value) == 2:
        return {key: from_json(each) for key, each in inner.items()}
    if kind == "float" and isinstance(inner, str) and inner in _NAMES:
        return _NAMES[inner]
    # A dict of a user's may look like one of these.
    if kind == "int" and isinstance(inner, str) and _INTEGER.fullmatch(inner):
        return int(inner)
    if kind == "bytes" and isinstance(value.get("base64"), str):
        with contextlib.suppress(ValueError):
            return base64.b64decode(value["base64"], validate=True)
    return {key: from_json(each) for key, each in value.items()}


def dumps(value: Any) -> str:
    """Return a value as JSON text in ASCII, lone surrogates escaped."""
    return json.dumps(to_json(value), allow_nan=False, separators=(",", ":"))


def loads(text: str) -> Any:
    """Return the value of a text that `dumps` wrote."""
    return from_json(json.loads(text))
