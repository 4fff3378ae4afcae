"""A small client of the HTTP and WebSocket API in pure Python, written from docs/http-api.md."""

import base64
import json
import os
import socket
import struct
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any

# Against hangs only.
DEADLINE_S = 60.0
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Answer:
    """What the server said to one request."""

    status: int
    content_type: str
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; a bare NaN or Infinity, which is none, fails."""
        return json.loads(self.body, parse_constant=_no_constant)


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def get(url: str, path: str, query: dict[str, Any] | list[tuple[str, Any]] | None = None) -> Answer:
    """GET a path below /api/v1."""
    suffix = f"?{urllib.parse.urlencode(query)}" if query else ""
    return _ask(urllib.request.Request(f"{url}/api/v1{path}{suffix}"))


def post(url: str, path: str, body: Any) -> Answer:
    """POST JSON to a path below /api/v1."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    return _ask(urllib.request.Request(f"{url}/api/v1{path}", data, headers, method="POST"))


def _ask(request: urllib.request.Request) -> Answer:
    try:
        with _opener.open(request, timeout=DEADLINE_S) as response:
            return Answer(response.status, response.headers.get_content_type(), response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers.get_content_type(), error.read())


@dataclass
class Series:
    """One series of a batch."""

    run: str
    key: str
    label: str | None
    exact: bool
    points: int
    columns: dict[str, list[float]] = field(default_factory=dict)


@dataclass
class Batch:
    """A decoded answer of `series:batch`, or a binary push of the live connection."""

    header: dict[str, Any]
    series: list[Series]

    def one(self) -> Series:
        """Return the only series."""
        (series,) = self.series
        return series


def read_batch(body: bytes) -> Batch:
    """Decode header and columns; check lengths, alignment and bounds."""
    (header_bytes,) = struct.unpack_from("<I", body)
    start = 4 + header_bytes
    assert start % 8 == 0, f"the data start at {start}"
    header = json.loads(body[4:start], parse_constant=_no_constant)
    found = []
    for panel in header["panels"]:
        for series in panel["series"]:
            columns = {}
            for name, (offset, kind) in series.get("columns", {}).items():
                code, width = {"f64": ("d", 8), "u32": ("I", 4)}[kind]
                at, length = start + offset, series["length"]
                assert at % width == 0, f"{name} is not aligned"
                assert at + width * length <= len(body), f"{name} ends behind the answer"
                columns[name] = list(struct.unpack_from(f"<{length}{code}", body, at))
            names = (series["run"], series["key"], series["label"])
            found.append(Series(*names, series.get("exact", True), series["points"], columns))
    return Batch(header, found)


def panel(run: str, key: str, *, label: str | None = None, buckets: int = 450, **more: Any) -> dict[str, Any]:
    """Return a panel of one series for the body of `series:batch`."""
    asked = {"id": key, "x": "_step", "from": None, "to": None, "buckets": buckets, "log_x": False} | more
    return asked | {"series": [{"run": run, "key": key, "label": label}]}


def batch_body(project: str, *panels: dict[str, Any]) -> dict[str, Any]:
    """Return the body of `series:batch`."""
    return {"entity": "local", "project": project, "panels": list(panels)}


def series_batch(url: str, project: str, *panels: dict[str, Any]) -> Batch:
    """Ask for series."""
    answer = post(url, "/series:batch", batch_body(project, *panels))
    assert answer.status == 200, answer.body
    assert answer.content_type == "application/octet-stream"
    return read_batch(answer.body)


class Live:
    """The live WebSocket (RFC 6455): text and binary messages, unfragmented ones from us."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        assert parts.hostname is not None
        self._socket = socket.create_connection((parts.hostname, parts.port or 80), DEADLINE_S)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            "GET /api/v1/live HTTP/1.1",
            f"Host: {parts.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        ]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._file = self._socket.makefile("rb")
        status = self._file.readline()
        assert b" 101 " in status, status
        while self._file.readline().strip():
            pass

    def say(self, message: dict[str, Any] | str) -> None:
        """Send a message as JSON."""
        data = (message if isinstance(message, str) else json.dumps(message)).encode()
        self._send(0x1, data)

    def _send(self, opcode: int, data: bytes) -> None:
        mask = os.urandom(4)
        length = struct.pack("!B", 0x80 | len(data)) if len(data) < 126 else struct.pack("!BH", 0x80 | 126, len(data))
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        self._socket.sendall(bytes([0x80 | opcode]) + length + mask + masked)

    def hear(self, timeout: float = DEADLINE_S) -> dict[str, Any] | Batch:
        """Return the next message: JSON as a dict, binary as a batch. Raises TimeoutError."""
        message, first = b"", 0
        while True:
            self._socket.settimeout(timeout)
            head = self._exactly(2)
            opcode, length = head[0] & 0x0F, head[1] & 0x7F
            if length == 126:
                (length,) = struct.unpack("!H", self._exactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", self._exactly(8))
            data = self._exactly(length)
            if opcode == 0x9:
                self._send(0xA, data)
                continue
            if opcode == 0x8:
                raise ConnectionError(f"the server ended the connection: {data!r}")
            first = first or opcode
            message += data
            if head[0] & 0x80:
                return read_batch(message) if first == 0x2 else json.loads(message, parse_constant=_no_constant)

    def _exactly(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) < count:
            raise ConnectionError("the server hung up")
        return data

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()

    def __enter__(self) -> "Live":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
