"""Frames that lie, sent straight over gRPC: refused with a reason, no memory beyond limits (invariant E1)."""

from dataclasses import dataclass
from typing import Any

import grpc
import msgpack
import psutil
import pytest

from stepwell import Api
from stepwell.proto.v1 import ingest_pb2, ingest_pb2_grpc, model_pb2
from tests.decoder import FrameHeader, build_frame
from tests.decoder.crc32c import crc32c
from tests.support.places import scan
from tests.support.processes import ServerProcess

pytestmark = pytest.mark.e2e

STREAM = bytes(range(16))
OPENING = {"entity": "local", "project": "hostile", "run": "r", "label": "", "primary": True, "attempt": 0, "time": 1}


def payload(*entries: Any) -> bytes:
    packed: bytes = msgpack.packb([["a"], [[0]], list(entries)])
    return packed


def lying(**lies: int) -> bytes:
    """Return a frame whose header lies about the fields given, with checksums that match."""
    honest = build_frame(2, 1, payload([0, 0, 1, 0, 1.5]), compress=False)
    stored = honest[40:]
    fields = {"codec": 0, "payload_bytes": len(stored), "raw_bytes": len(stored), "first": 2, "count": 1}
    header = FrameHeader(**(fields | lies), payload_crc=crc32c(stored))
    return header.encode() + stored


def bomb(mib: int) -> bytes:
    import zstandard

    stored = zstandard.ZstdCompressor(level=1).compress(bytes(mib << 20))
    header = FrameHeader(1, len(stored), 1000, 2, 1, crc32c(stored))
    return header.encode() + stored


HOSTILE = {
    "a payload larger than it is": lying(payload_bytes=1 << 20),
    "a payload of 4 GiB": lying(payload_bytes=2**32 - 1),
    "a payload shorter than it is": lying(payload_bytes=5),
    "a raw size of 4 GiB": lying(raw_bytes=2**32 - 1),
    "a raw size that is too small": lying(raw_bytes=3),
    "4 billion entries": lying(count=2**32 - 1),
    "no entries": lying(count=0),
    "two entries where there is one": lying(count=2),
    "entry number 0": lying(first=0),
    "the last number there is": lying(first=2**64 - 1),
    "an unknown codec": lying(codec=7),
    "a zstd bomb": bomb(512),
    "no frame": b"hello",
    "nothing": b"",
    "msgpack nested 10,000 deep": build_frame(
        2, 1, b"\x93\x91\xa1a\x91\x91\x00\x91\x95\x00\x00\x01\x00" + b"\x91" * 10_000
    ),
    "an array of 4 billion": build_frame(2, 1, b"\x93\xdd\xff\xff\xff\xff"),
    "a shape that is not there": build_frame(2, 1, payload([0, 0, 1, 7, 1.5])),
    "a second opening": build_frame(2, 1, payload([8, 1, OPENING])),
    "a key of 1,025 bytes": build_frame(2, 1, msgpack.packb([["k" * 1025], [[0]], [[0, 0, 1, 0, 1.5]]])),
    "an entry of an unknown kind": build_frame(2, 1, payload([77, 0, 1])),
}


@dataclass
class Dialogue:
    """A connection to `Ingest.Attach` that says one thing at a time."""

    address: str

    refusal: str = ""

    def answers(self, *messages: ingest_pb2.ClientMessage) -> list[ingest_pb2.ServerMessage]:
        """Say all of it and return every answer until the call ends; `refusal` is the reason, if any."""
        with grpc.insecure_channel(self.address, [("grpc.enable_http_proxy", 0)]) as channel:
            call = ingest_pb2_grpc.IngestStub(channel).Attach(iter(messages), timeout=8)
            found = []
            try:
                for answer in call:
                    found.append(answer)  # noqa: PERF402 - what came before an error counts
            except grpc.RpcError as error:
                self.refusal = error.details() or ""
            return found


def greeting(run: str, stream: bytes = STREAM) -> list[ingest_pb2.ClientMessage]:
    path = model_pb2.RunPath(entity="local", project="hostile", run=run)
    opening = model_pb2.Opening(path=path, primary=True, time_us=1)
    return [
        ingest_pb2.ClientMessage(hello=ingest_pb2.Hello(protocol=1, version="test")),
        ingest_pb2.ClientMessage(open=ingest_pb2.OpenStream(stream=stream, opening=opening, first_unacked=1)),
    ]


def framed(data: bytes, stream: bytes = STREAM) -> ingest_pb2.ClientMessage:
    return ingest_pb2.ClientMessage(frame=ingest_pb2.Frame(stream=stream, frame=data))


def first_frame(run: str) -> bytes:
    return build_frame(1, 1, payload([8, 1, OPENING | {"run": run}]))


@pytest.fixture(scope="module")
def hostile_server(shared_server: ServerProcess) -> ServerProcess:
    return shared_server


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: name.replace(" ", "_"))
def test_a_frame_that_lies_is_refused_with_a_reason_and_harms_nobody(hostile_server: ServerProcess, name: str):
    stream = crc32c(name.encode()).to_bytes(16, "big")
    run = f"r{stream.hex()[-8:]}"
    process = psutil.Process(hostile_server.running.running.pid)
    before = process.memory_info().rss
    answers = Dialogue(f"127.0.0.1:{hostile_server.port}").answers(
        *greeting(run, stream), framed(first_frame(run), stream), framed(HOSTILE[name], stream)
    )
    grown = (process.memory_info().rss - before) / (1 << 20)
    kinds = [answer.WhichOneof("message") for answer in answers]
    assert kinds[:2] == ["welcome", "ready"], answers
    if name == "the last number there is":
        assert {"fatal", "rewind"} & set(kinds)
    else:
        fatal = next(answer.fatal for answer in answers if answer.HasField("fatal"))
        assert fatal.stream == stream
        assert len(fatal.reason) > 10, fatal.reason
    assert all(answer.ack.durable <= 1 for answer in answers if answer.HasField("ack")), "nothing of it is stored"
    assert grown < 100, f"the server grew by {grown:.0f} MiB"
    # The server serves on, and the same run can be written to.
    reopened = Dialogue(f"127.0.0.1:{hostile_server.port}").answers(
        *greeting(run, stream), framed(build_frame(2, 1, payload([0, 3, 1, 0, 1.5])), stream)
    )
    assert [answer.ack.durable for answer in reopened if answer.HasField("ack")][-1:] == [2], reopened
    assert scan(Api(hostile_server.url).run(f"hostile/{run}")) == {3: {"a": 1.5}}


def test_a_message_beyond_all_limits_ends_the_call_and_nothing_else(hostile_server: ServerProcess):
    dialogue = Dialogue(f"127.0.0.1:{hostile_server.port}")
    dialogue.answers(*greeting("huge"), framed(bytes(64 << 20)))
    assert Api(hostile_server.url).projects() is not None


@pytest.mark.parametrize(
    ("messages", "named"),
    [
        ([ingest_pb2.ClientMessage(hello=ingest_pb2.Hello(protocol=99, version="x"))], "protocol"),
        ([*greeting("a/b", b"\1" * 16)], "run"),
        ([greeting("r")[0], framed(first_frame("r"))], "open"),
        ([greeting("r")[0], greeting("r", b"short")[1]], "16"),
    ],
    ids=["protocol", "run id", "not opened", "stream id"],
)
def test_a_message_that_makes_no_sense_is_explained(hostile_server: ServerProcess, messages: list[Any], named: str):
    dialogue = Dialogue(f"127.0.0.1:{hostile_server.port}")
    answers = dialogue.answers(*messages)
    reasons = [answer.fatal.reason for answer in answers if answer.HasField("fatal")]
    assert named in (reasons or [dialogue.refusal])[-1]
