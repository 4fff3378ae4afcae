"""Ids and names of runs: how they are made, and which ones are accepted."""

from __future__ import annotations

import os
import string
import zlib
from enum import Enum
from typing import TYPE_CHECKING, Any

from stepwell._native import Limits, name_problem
from stepwell.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

KEY_BYTES = Limits.KEY_BYTES
LAST_STEP = Limits.LAST_STEP
# Levels of dicts and lists in a value.
DEPTH = Limits.LOGGED_DEPTH

_ALPHABET = string.ascii_lowercase + string.digits
_RUN_ID_LETTERS = 8
_NUMBERS = 99

_ADJECTIVES = """
    amber ample azure brave brisk calm candid clear clever cosy crisp deep eager early even fair fleet fond free fresh
    gentle glad golden grand happy hardy high jolly keen kind lively lucid lucky merry mild neat noble patient plain
    quick quiet rapid ready rosy royal sage serene sharp silver sleek smooth snug solid spry steady sunny sure swift
    tidy vivid warm wise witty
"""
_NOUNS = """
    acorn alder aspen badger beacon birch brook canyon cedar cliff cloud comet coral cove crane creek delta dune eagle
    elm ember falcon fern finch fjord garden glade grove harbor hazel heron hill island ivy lagoon lake lark laurel
    leaf maple marsh meadow moss oak orchid otter owl pebble pine plover pond poppy raven reed river robin sparrow
    spring stone thrush tide valley willow wren
"""


def new_run_id() -> str:
    """Return 8 random lowercase letters and digits."""
    number = int.from_bytes(os.urandom(16), "big")
    return "".join(_ALPHABET[number // len(_ALPHABET) ** place % len(_ALPHABET)] for place in range(_RUN_ID_LETTERS))


def run_name(run_id: str) -> str:
    """Return a name like `calm-heron-17`; it follows from the id, so all processes of a run find the same."""
    number = zlib.crc32(run_id.encode("utf-8", "surrogatepass"))
    adjectives, nouns = _ADJECTIVES.split(), _NOUNS.split()
    number, adjective = divmod(number, len(adjectives))
    number, noun = divmod(number, len(nouns))
    return f"{adjectives[adjective]}-{nouns[noun]}-{number % _NUMBERS + 1}"


def clean(text: str) -> str:
    r"""Return text that UTF-8 can hold: lone surrogates (`os.listdir` gives them) as `\udce9`."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text


def key_name(key: Any) -> str:
    """Return the name of a key of any type: its text, and of an Enum that of its value."""
    if isinstance(key, Enum):
        return key_name(key.value)
    if isinstance(key, bytes):
        return key.decode("utf-8", "backslashreplace")
    return clean(str.__str__(key) if isinstance(key, str) else str(key))


def contents(value: dict[Any, Any] | list[Any] | tuple[Any, ...]) -> list[Any]:
    """Return the items of a dict or the elements of a list, also of a class whose own way to them raises."""
    try:
        return list(value.items() if isinstance(value, dict) else value)
    except Exception:  # noqa: BLE001  whatever its library raises
        if isinstance(value, dict):
            return list(dict.items(value))
        return list(list.__iter__(value) if isinstance(value, list) else tuple.__iter__(value))


def file_name(path: str) -> str:
    r"""Return a path as it can be within a run: control characters, `\` and bytes without text as `%E9`."""
    return "".join(char if _may_name_a_file(char) else _percent(char) for char in path)


def _may_name_a_file(char: str) -> bool:
    return char != "\\" and not (char < " " or "\x7f" <= char < "\xa0" or "\ud800" <= char <= "\udfff")


def _percent(char: str) -> str:
    is_byte = "\udc80" <= char <= "\udcff"  # as `os.listdir` gives one
    data = os.fsencode(char) if is_byte else char.encode("utf-8", "surrogatepass")
    return "".join(f"%{byte:02X}" for byte in data)


def below(root: str | os.PathLike[str]) -> str:
    """Return the directory that is made below one that wandb would make its own in."""
    return os.path.join(root, "stepwell")  # noqa: PTH118  a text


def page(server: str, *parts: str) -> str | None:
    """Return the address of a page of the dashboard; None without a server."""
    from urllib.parse import quote

    return "/".join([server, *(quote(part, safe="") for part in parts)]) if server else None


def too_deep(key: str) -> ValueError:
    """Return the error of a value that nothing could read back, in the words of the native encoder."""
    return ValueError(f"{key!r} is nested deeper than {DEPTH} levels, or holds itself; nothing of this call was kept")


def checked_tags(values: Iterable[object]) -> tuple[str, ...]:
    """Return tags as they are kept, each once; `UsageError` unless each is a str of 1 to 64 characters."""
    tags = [clean(value) if isinstance(value, str) else value for value in values]
    for tag in tags:
        check_name("tag", tag, "tags: the tag" if isinstance(tag, str) else "tags: every tag")
    return tuple(dict.fromkeys(map(str, tags)))


def check_name(kind: Literal["project", "run id", "label", "tag"], value: object, what: str) -> None:
    """Raise `UsageError`, which calls it `what`, unless `value` may be a name of this kind."""
    if not isinstance(value, str):
        raise UsageError(f"{what} must be a str, not {type(value).__name__}")
    problem = name_problem(kind, value)
    if problem is not None:
        raise UsageError(f"{what} {_short(value)} {problem}")


def _short(value: str) -> str:
    return repr(value if len(value) <= 40 else value[:37] + "…")
