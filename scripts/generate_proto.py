#!/usr/bin/env python3
"""Generates python/stepwell/proto/ from proto/: run it after a change there and commit what it writes.

The code is made by the protoc of grpcio-tools 1.62, because that is the newest whose output runs with every
protobuf runtime from 4.25 on: later ones refuse a runtime that is older than they are. The tools go into a
throwaway virtual environment, so nothing needs to be installed for it; Python 3.10 to 3.12 is needed, for
which those tools have wheels.

    scripts/generate_proto.py            writes the files
    scripts/generate_proto.py --check    exits with 1 if the files are not what it would write
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
SOURCE = TOP / "proto"
TARGET = TOP / "python" / "stepwell" / "proto"
# setuptools: grpcio-tools of that time imports pkg_resources, which newer ones no longer have.
TOOLS = ("grpcio-tools==1.62.3", "setuptools<81")
PACKAGE_DOCS = {
    ".": "Generated gRPC code, made by scripts/generate_proto.py; don't edit.",
    "foreign": "Files of other programs; made by scripts/generate_proto.py, don't edit.",
    "v1": "Version 1 of the protocol; made by scripts/generate_proto.py, don't edit.",
}


def make_tools(directory: Path) -> Path:
    """Install the tools below `directory` and return the Python that has them."""
    venv.create(directory, with_pip=True)
    python = directory / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *TOOLS], check=True)
    return python


def generate(python: Path, output: Path) -> dict[str, str]:
    """Run protoc and return the text of every file by its path below the target."""
    protos = sorted(SOURCE.glob("stepwell/*/*.proto"))
    command = [python, "-m", "grpc_tools.protoc", f"-I{SOURCE}"]
    command += [f"--python_out={output}", f"--pyi_out={output}", f"--grpc_python_out={output}"]
    subprocess.run([*command, *protos], check=True)
    made = sorted(output.glob("stepwell/*/*"))
    files = {f"{file.parent.name}/{file.name}": move_imports(file.read_text()) for file in made}
    for package, doc in PACKAGE_DOCS.items():
        files[(Path(package) / "__init__.py").as_posix()] = f'"""{doc}"""\n'
    return {path: text for path, text in files.items() if not is_empty_service(path, text)}


def move_imports(text: str) -> str:
    """Make code for the package `stepwell.v1` work as `stepwell.proto.v1`; the names on the wire stay."""
    text = re.sub(r"^from stepwell\.v1 import", "from stepwell.proto.v1 import", text, flags=re.MULTILINE)
    return re.sub(r"'stepwell\.v1\.(\w+_pb2)'", r"'stepwell.proto.v1.\1'", text)


def is_empty_service(path: str, text: str) -> bool:
    """Whether the file is for the services of a .proto file that has none."""
    return path.endswith("_pb2_grpc.py") and "class " not in text


def present() -> dict[str, str]:
    """Return the files as they are checked in."""
    files = [file for file in TARGET.rglob("*") if file.suffix in {".py", ".pyi"}]
    return {file.relative_to(TARGET).as_posix(): file.read_text() for file in files}


def main() -> int:
    """Write or check the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file would change")
    check: bool = parser.parse_args().check
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / "output"
        output.mkdir()
        wanted = generate(make_tools(Path(scratch) / "tools"), output)
    found = present()
    changed = sorted(path for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path))
    if check:
        for path in changed:
            print(f"{TARGET.relative_to(TOP) / path} is not what proto/ makes; run scripts/generate_proto.py")
        return 1 if changed else 0
    for path in changed:
        file = TARGET / path
        if path not in wanted:
            file.unlink()
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(wanted[path])
    print(f"{len(changed)} of {len(wanted)} files written to {TARGET.relative_to(TOP)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
