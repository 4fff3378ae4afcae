from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RunPath(_message.Message):
    __slots__ = ("entity", "project", "run")
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    entity: str
    project: str
    run: str
    def __init__(self, entity: _Optional[str] = ..., project: _Optional[str] = ..., run: _Optional[str] = ...) -> None: ...

class Opening(_message.Message):
    __slots__ = ("path", "label", "rank", "primary", "attempt", "time_us", "runtime_offset_us", "host", "pid", "version")
    PATH_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    PRIMARY_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_OFFSET_US_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    path: RunPath
    label: str
    rank: int
    primary: bool
    attempt: int
    time_us: int
    runtime_offset_us: int
    host: str
    pid: int
    version: str
    def __init__(self, path: _Optional[_Union[RunPath, _Mapping]] = ..., label: _Optional[str] = ..., rank: _Optional[int] = ..., primary: bool = ..., attempt: _Optional[int] = ..., time_us: _Optional[int] = ..., runtime_offset_us: _Optional[int] = ..., host: _Optional[str] = ..., pid: _Optional[int] = ..., version: _Optional[str] = ...) -> None: ...
