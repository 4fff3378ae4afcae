"""Files: first sentences, names, lengths, how many lie beside each other, and the width of documents."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from arrows.tree import SOURCE_FOLDERS, Finding, place_of, source_files

DOCUMENTS = ("docs", *SOURCE_FOLDERS)
MOST_COLUMNS = 110
PROSE_REASON = f"prose wraps at {MOST_COLUMNS} columns, to be read beside code; tables and code may be wider"
# One line per change, for now.
UNWRAPPED = frozenset({"CHANGELOG.md"})

CODE = (".rs", ".py", ".pyi", ".ts", ".tsx", ".css")
DOC_REASON = "each file starts with one sentence that says what it is, so the tree reads like a table of contents"
QUESTION_REASON = "a reader wants the noun first: what the file is, then what is special about it"
BANNED_WORDS = frozenset({"utils", "helper", "helpers", "common", "manager", "managers"})
BANNED_REASON = "such a name says nothing, so everything ends up there; name the noun (architecture.md lists the words)"
MOST_LINES = 400
LENGTH_REASON = f"about {MOST_LINES} lines is where a file starts to be two things"
# Files that are longer, with the length that they may not exceed and why they stay whole. The list only
# shrinks.
LONG_FILES: dict[str, int] = {}
MOST_FILES = 14
FOLDER_REASON = f"more than {MOST_FILES} files beside each other are a heap; a room says what belongs together"
# Example scripts, each for itself.
HEAPS = frozenset({"tests/docs_examples/scripts"})


def check(root: Path) -> Iterator[Finding]:
    """Find files that do not say what they are, empty names, long files and lines, and full folders."""
    yield from check_first_sentences(root)
    yield from check_names(root)
    yield from check_lengths(root)
    yield from check_folders(root)
    yield from check_documents(root)


def check_first_sentences(root: Path) -> Iterator[Finding]:
    """Find source files that don't start with a sentence of documentation, or start with a question."""
    for path in source_files(root, SOURCE_FOLDERS, (".rs", ".py", ".pyi", ".ts", ".tsx")):
        sentence = first_sentence(path)
        if (
            sentence is None
            or not re.match(r"[^\W_]|[`'\"(:.<@]", sentence)
            or not re.search(r"[.!?:](\s|$)", sentence)
        ):
            yield Finding(place_of(path, root, 1), "does not start with a sentence", DOC_REASON)
        elif question := re.match(r"(What|How|Which|Whether|Who|Where|Why|When)\b", sentence):
            yield Finding(place_of(path, root, 1), f"its first sentence begins with {question[1]!r}", QUESTION_REASON)


def first_sentence(path: Path) -> str | None:
    """Return the first paragraph of the documentation at the top of a source file, None without one."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in {".py", ".pyi"}:
        if not re.match(r'(#!.*\n)?r?"""', text):
            return None
        return (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0] or None
    if path.suffix == ".rs":
        return _leading_comment(text, "//!")
    if text.startswith("/*"):
        inside = re.sub(
            r"^\s*\*? ?", "", text.removeprefix("/**").removeprefix("/*").split("*/")[0], flags=re.MULTILINE
        )
        return inside.strip().split("\n\n")[0]
    return _leading_comment(text, "//")


def _leading_comment(text: str, marker: str) -> str | None:
    paragraph = []
    for line in text.splitlines():
        content = line.removeprefix(marker).strip()
        if not line.startswith(marker) or not content:
            break
        paragraph.append(content)
    return " ".join(paragraph) or None


def check_names(root: Path) -> Iterator[Finding]:
    """Find files, folders and types whose names say nothing."""
    definition = re.compile(
        r"^\s*(?:pub(?:\([a-z]+\))? |export |abstract )*(?:struct|enum|trait|mod|class|interface|type) (\w+)"
    )
    for path in source_files(root, SOURCE_FOLDERS, CODE):
        place = path.relative_to(root)
        for part in (*place.parts[:-1], place.name.split(".")[0]):
            if banned := BANNED_WORDS & _words(part):
                yield Finding(place.as_posix(), f"the name {part!r} contains {min(banned)!r}", BANNED_REASON)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if (match := definition.match(line)) and (banned := BANNED_WORDS & _words(match[1])):
                what = f"the name {match[1]!r} contains {min(banned)!r}"
                yield Finding(place_of(path, root, number), what, BANNED_REASON)


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}


def check_lengths(root: Path) -> Iterator[Finding]:
    """Find files that have become two things, and exceptions that are none any more."""
    lengths = {
        place_of(path, root): path.read_bytes().count(b"\n") for path in source_files(root, SOURCE_FOLDERS, CODE)
    }
    for place, lines in lengths.items():
        if lines > LONG_FILES.get(place, MOST_LINES):
            allowed = f"{LONG_FILES[place]} at most" if place in LONG_FILES else f"{MOST_LINES} at most"
            yield Finding(place, f"{lines} lines, {allowed}", LENGTH_REASON)
    for place in LONG_FILES:
        if (root / place).parent.is_dir() and lengths.get(place, 0) <= MOST_LINES:
            yield Finding("scripts/arrows/files.py", f"{place} is no exception any more", LENGTH_REASON)


def check_folders(root: Path) -> Iterator[Finding]:
    """Find folders with too many files beside each other; `__init__.py` is the folder's own."""
    files = (path for path in source_files(root, SOURCE_FOLDERS, CODE) if path.name != "__init__.py")
    counts = Counter(path.parent for path in files)
    for folder, count in sorted(counts.items()):
        if count > MOST_FILES and place_of(folder, root) not in HEAPS:
            yield Finding(place_of(folder, root), f"{count} files beside each other", FOLDER_REASON)


def check_documents(root: Path) -> Iterator[Finding]:
    """Find lines of prose in Markdown files that are too wide; ruff sees to those in Python (W505)."""
    for path in (*sorted(root.glob("*.md")), *source_files(root, DOCUMENTS, (".md",))):
        lines = [] if path.name in UNWRAPPED else path.read_text(encoding="utf-8").splitlines()
        is_code = False
        for number, line in enumerate(lines, start=1):
            is_code ^= line.lstrip().startswith("```")
            if len(line) > MOST_COLUMNS and not is_code and not line.lstrip().startswith("|"):
                yield Finding(place_of(path, root, number), f"{len(line)} columns", PROSE_REASON)
