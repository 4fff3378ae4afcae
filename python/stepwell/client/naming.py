"""Ids and names of runs: how they are made, and which ones are accepted."""

from __future__ import annotations

import os
import string
import zlib
from typing import TYPE_CHECKING

from stepwell.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

# Limits of rust/model/src/limits.rs.
PROJECT_CHARS = 128
RUN_ID_CHARS = 128
LABEL_CHARS = 128
TAG_CHARS = 64

_PROJECT_FORBIDDEN = "/\\#?%:"
_RUN_ID_FORBIDDEN = ":;,#?/'\\"
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
    """Return a name like `calm-heron-17`. All processes of a run find the same one, because it follows from the id."""
    number = zlib.crc32(run_id.encode("utf-8", "surrogatepass"))
    adjectives, nouns = _ADJECTIVES.split(), _NOUNS.split()
    number, adjective = divmod(number, len(adjectives))
    number, noun = divmod(number, len(nouns))
    return f"{adjectives[adjective]}-{nouns[noun]}-{number % _NUMBERS + 1}"


def check_project(value: str, what: str = "project") -> None:
    """Raise `UsageError` unless `value` may name a project or an entity."""
    _check_name(what, value, PROJECT_CHARS, _PROJECT_FORBIDDEN)


def check_run_id(value: str) -> None:
    """Raise `UsageError` unless `value` may be the id of a run."""
    _check_name("id", value, RUN_ID_CHARS, _RUN_ID_FORBIDDEN)


def check_label(value: str) -> None:
    """Raise `UsageError` unless `value` may tell a writer apart. The empty label is the only writer's."""
    if value:
        _check_name("label", value, LABEL_CHARS, "")


def check_tags(values: Iterable[object]) -> None:
    """Raise `UsageError` unless every tag is a str of 1 to 64 characters."""
    for value in values:
        if not isinstance(value, str):
            raise UsageError(f"tags: every tag must be a str, not {type(value).__name__}")
        if not 1 <= len(value) <= TAG_CHARS:
            raise UsageError(f"tags: a tag must have 1 to {TAG_CHARS} characters; {_short(value)} has {len(value)}")


def _check_name(what: str, value: object, most: int, forbidden: str) -> None:
    if not isinstance(value, str):
        raise UsageError(f"{what} must be a str, not {type(value).__name__}")
    if not value.strip():
        raise UsageError(f"{what} must not be empty or blank")
    if len(value) > most:
        raise UsageError(f"{what} must have at most {most} characters; {_short(value)} has {len(value)}")
    found = sorted({char for char in value if char in forbidden or not char.isprintable()})
    if found:
        listed = " ".join(repr(char)[1:-1] for char in found)
        allowed = f"none of {' '.join(forbidden)} and " if forbidden else ""
        raise UsageError(f"{what} {_short(value)} contains {listed}; expected {allowed}no control characters")


def _short(value: str) -> str:
    return repr(value if len(value) <= 40 else value[:37] + "…")
