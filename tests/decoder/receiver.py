"""An ingest server in pure Python: receives streams, checks everything, and misbehaves on request.

What it answers follows the table in rust/server/src/ingest.rs. Its store is a dict that outlives `stop` and
`start`, as a disk would. Violations are collected, not raised: the writer must not be able to hide one by
going on.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum, auto

import grpc

from stepwell.proto.v1 import ingest_pb2, ingest_pb2_grpc, model_pb2
from tests.decoder.entries import Entry, Open, Row, merged_rows, read_payload
from tests.decoder.frame import Violation, read_frame

PROTOCOL = 1
DEADLINE_S = 30.0
THROTTLE_S = 0.2
REWIND_AGAIN_S = 1.0


class Act(Enum):
    """What to do with a frame."""

    STORE = auto()  # and acknowledge
    HOLD_ACK = auto()  # store; the acknowledgement of the next frame covers it
    STORE_AND_HANG_UP = auto()  # the writer cannot know that it arrived
    LOSE_AND_HANG_UP = auto()
    STORE_AND_REWIND = auto()  # ask for it again: a duplicate must arrive
    THROTTLE = auto()  # drop it and everything until the wait is over
    DRAIN = auto()  # store, acknowledge, say goodbye


@dataclass
class ReceivedStream:
    """What came in of one stream."""

    opening: model_pb2.Opening
    entries: list[Entry] = field(default_factory=list)
    duplicates: int = 0
    opened: int = 0
    closed_at: int | None = None

    @property
    def durable(self) -> int:
        """Number of the last entry that is stored; numbers are dense, so it is their count."""
        return len(self.entries)

    @property
    def rows(self) -> list[Row]:
        """The rows in the order of their numbers."""
        return [entry for entry in self.entries if isinstance(entry, Row)]

    def merged(self) -> dict[int, dict[str, object]]:
        """Return the rows merged by step."""
        return merged_rows(self.entries)


class Receiver(ingest_pb2_grpc.IngestServicer):
    """A server that takes frames; `acts` says what to do with the n-th frame, others are stored."""

    def __init__(self, acts: Mapping[int, Act] | None = None, port: int = 0) -> None:
        self.acts = dict(acts or {})
        self.port = port
        self.streams: dict[bytes, ReceivedStream] = {}
        self.violations: list[str] = []
        self.hellos: list[str] = []
        self.acted: list[Act] = []
        self.statuses = 0
        self._frames = 0
        self._lock = threading.Lock()
        self._server: grpc.Server | None = None

    def start(self) -> "Receiver":
        """Listen on the port, or on a free one."""
        server = grpc.server(
            ThreadPoolExecutor(max_workers=16, thread_name_prefix="receiver"),
            options=[("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", 8 << 20)],
        )
        ingest_pb2_grpc.add_IngestServicer_to_server(self, server)
        self.port = server.add_insecure_port(f"127.0.0.1:{self.port}")
        server.start()
        self._server = server
        return self

    def stop(self) -> None:
        """Cut all connections and stop listening."""
        if self._server is not None:
            self._server.stop(grace=None).wait(DEADLINE_S)
            self._server = None

    def __enter__(self) -> "Receiver":
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """What a script sets as STEPWELL_URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def only(self) -> ReceivedStream:
        """The one stream that came in."""
        (stream,) = self.streams.values()
        return stream

    # The name is gRPC's.
    def Attach(  # noqa: N802
        self, request_iterator: Iterator[ingest_pb2.ClientMessage], context: grpc.ServicerContext
    ) -> Iterator[ingest_pb2.ServerMessage]:
        """Serve one connection."""
        connection = _Connection(self, context)
        for number, message in enumerate(request_iterator):
            kind = message.WhichOneof("message")
            if (number == 0) != (kind == "hello"):
                self.violations.append(f"message {number} of a connection is {kind}")
            with self._lock:
                answers = list(connection.answer(kind, message))
            yield from answers
            if connection.hang_up:
                context.abort(grpc.StatusCode.UNAVAILABLE, "the test hangs up")
            if connection.drained:
                return

    def _next_act(self) -> Act:
        act = self.acts.get(self._frames, Act.STORE)
        self._frames += 1
        self.acted.append(act)
        return act


class _Connection:
    """The state of one connection: which streams it opened, and which of them are out of step."""

    def __init__(self, receiver: Receiver, context: grpc.ServicerContext) -> None:
        self.receiver = receiver
        self.context = context
        self.open: set[bytes] = set()
        self.rewind_due: dict[bytes, float] = {}  # out of step; when to say so again
        self.hang_up = False
        self.drained = False

    def answer(self, kind: str | None, message: ingest_pb2.ClientMessage) -> Iterator[ingest_pb2.ServerMessage]:
        match kind:
            case "hello":
                yield from self._hello(message.hello)
            case "open":
                yield from self._open(message.open)
            case "frame":
                yield from self._frame(message.frame)
            case "status":
                self.receiver.statuses += 1
                self._expect_open(message.status.stream, "a status")
            case "close":
                self._expect_open(message.close.stream, "a close")
                self.receiver.streams[message.close.stream].closed_at = message.close.last
            case _:
                self.receiver.violations.append("an empty message")

    def _hello(self, hello: ingest_pb2.Hello) -> Iterator[ingest_pb2.ServerMessage]:
        if hello.protocol != PROTOCOL or not hello.version:
            self.receiver.violations.append(f"a hello of protocol {hello.protocol}, version {hello.version!r}")
        self.receiver.hellos.append(hello.version)
        welcome = ingest_pb2.Welcome(
            protocol=PROTOCOL,
            version="the decoder of the tests",
            max_frame_bytes=4 << 20,
            max_raw_bytes=16 << 20,
            max_in_flight_bytes=16 << 20,
        )
        yield ingest_pb2.ServerMessage(welcome=welcome)

    def _open(self, opened: ingest_pb2.OpenStream) -> Iterator[ingest_pb2.ServerMessage]:
        receiver = self.receiver
        if len(opened.stream) != 16:
            receiver.violations.append(f"a stream id of {len(opened.stream)} bytes")
        stream = receiver.streams.setdefault(opened.stream, ReceivedStream(opened.opening))
        if stream.opening != opened.opening:
            receiver.violations.append("a stream was opened again as another")
        stream.opened += 1
        if opened.first_unacked > stream.durable + 1:
            receiver.violations.append(
                f"the writer has thrown away what is not acknowledged: it begins at {opened.first_unacked}, "
                f"durable is {stream.durable}"
            )
        self.open.add(opened.stream)
        yield ingest_pb2.ServerMessage(ready=ingest_pb2.StreamReady(stream=opened.stream, durable=stream.durable))

    def _frame(self, message: ingest_pb2.Frame) -> Iterator[ingest_pb2.ServerMessage]:
        receiver, stream_id = self.receiver, message.stream
        if not self._expect_open(stream_id, "a frame"):
            return
        stream = receiver.streams[stream_id]
        act = receiver._next_act()
        if act in (Act.LOSE_AND_HANG_UP, Act.THROTTLE):
            self.hang_up = act is Act.LOSE_AND_HANG_UP
            if act is Act.THROTTLE:
                self.rewind_due[stream_id] = time.monotonic() + THROTTLE_S + REWIND_AGAIN_S
                yield ingest_pb2.ServerMessage(
                    throttle=ingest_pb2.Throttle(retry_after_millis=round(THROTTLE_S * 1000), reason="the test says so")
                )
            return
        try:
            frame = read_frame(message.frame)
            if frame.header.frame_bytes != len(message.frame):
                raise Violation(f"{len(message.frame) - frame.header.frame_bytes} bytes behind a frame")
            entries = read_payload(frame.payload(), frame.header.count)
        except Violation as violation:
            receiver.violations.append(str(violation))
            yield ingest_pb2.ServerMessage(fatal=ingest_pb2.Fatal(stream=stream_id, reason=str(violation)))
            return
        if frame.header.first > stream.durable + 1:
            # Frames that were on their way before a throttle or rewind was read are passed over.
            if time.monotonic() >= self.rewind_due.get(stream_id, 0.0):
                self.rewind_due[stream_id] = time.monotonic() + REWIND_AGAIN_S
                yield _rewind(stream_id, stream.durable + 1)
            return
        self.rewind_due.pop(stream_id, None)
        self._store(stream, frame.header.first, entries)
        if act is Act.HOLD_ACK:
            return
        if act is Act.STORE_AND_HANG_UP:
            self.hang_up = True
            return
        if act is Act.STORE_AND_REWIND:
            yield _rewind(stream_id, frame.header.first)
            return
        yield ingest_pb2.ServerMessage(ack=ingest_pb2.Ack(stream=stream_id, durable=stream.durable))
        if act is Act.DRAIN:
            self.drained = True
            yield ingest_pb2.ServerMessage(drain=ingest_pb2.Drain())

    def _store(self, stream: ReceivedStream, first: int, entries: list[Entry]) -> None:
        known = stream.entries[first - 1 : first - 1 + len(entries)]
        if repr(known) != repr(entries[: len(known)]):  # a NaN equals itself here
            self.receiver.violations.append(f"entries from {first} on came twice, and differ")
        stream.duplicates += len(known)
        for number, entry in enumerate(entries[len(known) :], first + len(known)):
            if (number == 1) != isinstance(entry, Open):
                self.receiver.violations.append(f"entry {number} is {type(entry).__name__}")
            stream.entries.append(entry)

    def _expect_open(self, stream: bytes, what: str) -> bool:
        if stream in self.open:
            return True
        self.receiver.violations.append(f"{what} for a stream that this connection did not open")
        return False


def _rewind(stream: bytes, expected: int) -> ingest_pb2.ServerMessage:
    return ingest_pb2.ServerMessage(rewind=ingest_pb2.Rewind(stream=stream, expected=expected))
