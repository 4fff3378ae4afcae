from stepwell.proto.v1 import model_pb2 as _model_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ClientMessage(_message.Message):
    __slots__ = ("hello", "open", "frame", "status", "close")
    HELLO_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FIELD_NUMBER: _ClassVar[int]
    hello: Hello
    open: OpenStream
    frame: Frame
    status: Status
    close: CloseStream
    def __init__(self, hello: _Optional[_Union[Hello, _Mapping]] = ..., open: _Optional[_Union[OpenStream, _Mapping]] = ..., frame: _Optional[_Union[Frame, _Mapping]] = ..., status: _Optional[_Union[Status, _Mapping]] = ..., close: _Optional[_Union[CloseStream, _Mapping]] = ...) -> None: ...

class ServerMessage(_message.Message):
    __slots__ = ("welcome", "ready", "ack", "throttle", "rewind", "fatal", "drain")
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    ACK_FIELD_NUMBER: _ClassVar[int]
    THROTTLE_FIELD_NUMBER: _ClassVar[int]
    REWIND_FIELD_NUMBER: _ClassVar[int]
    FATAL_FIELD_NUMBER: _ClassVar[int]
    DRAIN_FIELD_NUMBER: _ClassVar[int]
    welcome: Welcome
    ready: StreamReady
    ack: Ack
    throttle: Throttle
    rewind: Rewind
    fatal: Fatal
    drain: Drain
    def __init__(self, welcome: _Optional[_Union[Welcome, _Mapping]] = ..., ready: _Optional[_Union[StreamReady, _Mapping]] = ..., ack: _Optional[_Union[Ack, _Mapping]] = ..., throttle: _Optional[_Union[Throttle, _Mapping]] = ..., rewind: _Optional[_Union[Rewind, _Mapping]] = ..., fatal: _Optional[_Union[Fatal, _Mapping]] = ..., drain: _Optional[_Union[Drain, _Mapping]] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("protocol", "version")
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    protocol: int
    version: str
    def __init__(self, protocol: _Optional[int] = ..., version: _Optional[str] = ...) -> None: ...

class Welcome(_message.Message):
    __slots__ = ("protocol", "version", "max_frame_bytes", "max_raw_bytes", "max_in_flight_bytes")
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MAX_FRAME_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_RAW_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_IN_FLIGHT_BYTES_FIELD_NUMBER: _ClassVar[int]
    protocol: int
    version: str
    max_frame_bytes: int
    max_raw_bytes: int
    max_in_flight_bytes: int
    def __init__(self, protocol: _Optional[int] = ..., version: _Optional[str] = ..., max_frame_bytes: _Optional[int] = ..., max_raw_bytes: _Optional[int] = ..., max_in_flight_bytes: _Optional[int] = ...) -> None: ...

class OpenStream(_message.Message):
    __slots__ = ("stream", "opening", "first_unacked")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    OPENING_FIELD_NUMBER: _ClassVar[int]
    FIRST_UNACKED_FIELD_NUMBER: _ClassVar[int]
    stream: bytes
    opening: _model_pb2.Opening
    first_unacked: int
    def __init__(self, stream: _Optional[bytes] = ..., opening: _Optional[_Union[_model_pb2.Opening, _Mapping]] = ..., first_unacked: _Optional[int] = ...) -> None: ...

class StreamReady(_message.Message):
    __slots__ = ("stream", "durable")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    DURABLE_FIELD_NUMBER: _ClassVar[int]
    stream: bytes
    durable: int
    def __init__(self, stream: _Optional[bytes] = ..., durable: _Optional[int] = ...) -> None: ...

class Frame(_message.Message):
    __slots__ = ("stream", "frame")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    stream: bytes
    frame: bytes
    def __init__(self, stream: _Optional[bytes] = ..., frame: _Optional[bytes] = ...) -> None: ...

class Status(_message.Message):
    __slots__ = ("stream", "queued", "lost")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    LOST_FIELD_NUMBER: _ClassVar[int]
    stream: bytes
    queued: int
    lost: int
    def __init__(self, stream: _Optional[bytes] = ..., queued: _Optional[int] = ..., lost: _Optional[int] = ...) -> None: ...

class CloseStream(_message.Message):
    __slots__ = ("stream", "last")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    stream: bytes
    last: int
    def __init__(self, stream: _Optional[bytes] = ..., last: _Optional[int] = ...) -> None: ...

class Ack(_message.Message):
    __slots__ = ("stream", "durable", "rejected")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    DURABLE_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    stream: bytes
    durable: int
    rejected: _containers.RepeatedCompositeFieldContainer[Rejected]
    def __init__(self, stream: _Optional[bytes] = ..., durable: _Optional[int] = ..., rejected: _Optional[_Iterable[_Union[Rejected, _Mapping]]] = ...) -> None: ...

class Rejected(_message.Message):
    __slots__ = ("first", "last", "reason")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    first: int
    last: int
    reason: str
    def __init__(self, first: _Optional[int] = ..., last: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class Throttle(_message.Message):
    __slots__ = ("retry_after_millis", "reason")
    RETRY_AFTER_MILLIS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    retry_after_millis: int
    reason: str
    def __init__(self, retry_after_millis: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class Rewind(_message.Message):
    __slots__ = ("stream", "expected")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    stream: bytes
    expected: int
    def __init__(self, stream: _Optional[bytes] = ..., expected: _Optional[int] = ...) -> None: ...

class Fatal(_message.Message):
    __slots__ = ("stream", "reason")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    stream: bytes
    reason: str
    def __init__(self, stream: _Optional[bytes] = ..., reason: _Optional[str] = ...) -> None: ...

class Drain(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FindMissingBlobsRequest(_message.Message):
    __slots__ = ("sha256",)
    SHA256_FIELD_NUMBER: _ClassVar[int]
    sha256: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, sha256: _Optional[_Iterable[bytes]] = ...) -> None: ...

class FindMissingBlobsReply(_message.Message):
    __slots__ = ("sha256",)
    SHA256_FIELD_NUMBER: _ClassVar[int]
    sha256: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, sha256: _Optional[_Iterable[bytes]] = ...) -> None: ...

class BlobChunk(_message.Message):
    __slots__ = ("sha256", "size", "data")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    sha256: bytes
    size: int
    data: bytes
    def __init__(self, sha256: _Optional[bytes] = ..., size: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class BlobStored(_message.Message):
    __slots__ = ("sha256", "refused")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    sha256: bytes
    refused: str
    def __init__(self, sha256: _Optional[bytes] = ..., refused: _Optional[str] = ...) -> None: ...
