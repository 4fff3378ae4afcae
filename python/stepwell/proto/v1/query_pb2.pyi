from stepwell.proto.v1 import model_pb2 as _model_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatusReply(_message.Message):
    __slots__ = ("version", "mode", "started_us", "directory", "caught_up_us", "backlog_read_bytes", "backlog_left_bytes")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    STARTED_US_FIELD_NUMBER: _ClassVar[int]
    DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    CAUGHT_UP_US_FIELD_NUMBER: _ClassVar[int]
    BACKLOG_READ_BYTES_FIELD_NUMBER: _ClassVar[int]
    BACKLOG_LEFT_BYTES_FIELD_NUMBER: _ClassVar[int]
    version: str
    mode: str
    started_us: int
    directory: str
    caught_up_us: int
    backlog_read_bytes: int
    backlog_left_bytes: int
    def __init__(self, version: _Optional[str] = ..., mode: _Optional[str] = ..., started_us: _Optional[int] = ..., directory: _Optional[str] = ..., caught_up_us: _Optional[int] = ..., backlog_read_bytes: _Optional[int] = ..., backlog_left_bytes: _Optional[int] = ...) -> None: ...

class ListProjectsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListProjectsReply(_message.Message):
    __slots__ = ("projects",)
    PROJECTS_FIELD_NUMBER: _ClassVar[int]
    projects: _containers.RepeatedCompositeFieldContainer[Project]
    def __init__(self, projects: _Optional[_Iterable[_Union[Project, _Mapping]]] = ...) -> None: ...

class Project(_message.Message):
    __slots__ = ("entity", "name", "runs", "running", "last_activity_us")
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    RUNS_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    LAST_ACTIVITY_US_FIELD_NUMBER: _ClassVar[int]
    entity: str
    name: str
    runs: int
    running: int
    last_activity_us: int
    def __init__(self, entity: _Optional[str] = ..., name: _Optional[str] = ..., runs: _Optional[int] = ..., running: _Optional[int] = ..., last_activity_us: _Optional[int] = ...) -> None: ...

class ListRunsRequest(_message.Message):
    __slots__ = ("entity", "project", "limit", "offset", "filters", "order", "summary_keys", "summary_limit", "columns")
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_KEYS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_LIMIT_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    entity: str
    project: str
    limit: int
    offset: int
    filters: str
    order: str
    summary_keys: _containers.RepeatedScalarFieldContainer[str]
    summary_limit: int
    columns: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, entity: _Optional[str] = ..., project: _Optional[str] = ..., limit: _Optional[int] = ..., offset: _Optional[int] = ..., filters: _Optional[str] = ..., order: _Optional[str] = ..., summary_keys: _Optional[_Iterable[str]] = ..., summary_limit: _Optional[int] = ..., columns: _Optional[_Iterable[str]] = ...) -> None: ...

class ListRunsReply(_message.Message):
    __slots__ = ("runs", "total")
    RUNS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    runs: _containers.RepeatedCompositeFieldContainer[Run]
    total: int
    def __init__(self, runs: _Optional[_Iterable[_Union[Run, _Mapping]]] = ..., total: _Optional[int] = ...) -> None: ...

class GetRunRequest(_message.Message):
    __slots__ = ("path", "summary_limit")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_LIMIT_FIELD_NUMBER: _ClassVar[int]
    path: _model_pb2.RunPath
    summary_limit: int
    def __init__(self, path: _Optional[_Union[_model_pb2.RunPath, _Mapping]] = ..., summary_limit: _Optional[int] = ...) -> None: ...

class Run(_message.Message):
    __slots__ = ("path", "name", "state", "created_us", "heartbeat_us", "runtime_s", "slot", "tags", "notes", "group", "job_type", "exit_code", "labels", "config", "summary", "last_step", "rows", "sampled_rows", "lost_rows", "metrics", "summary_keys")
    PATH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CREATED_US_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_US_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_S_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    JOB_TYPE_FIELD_NUMBER: _ClassVar[int]
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    LAST_STEP_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    SAMPLED_ROWS_FIELD_NUMBER: _ClassVar[int]
    LOST_ROWS_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_KEYS_FIELD_NUMBER: _ClassVar[int]
    path: _model_pb2.RunPath
    name: str
    state: str
    created_us: int
    heartbeat_us: int
    runtime_s: float
    slot: int
    tags: _containers.RepeatedScalarFieldContainer[str]
    notes: str
    group: str
    job_type: str
    exit_code: int
    labels: _containers.RepeatedCompositeFieldContainer[Label]
    config: bytes
    summary: bytes
    last_step: int
    rows: int
    sampled_rows: int
    lost_rows: int
    metrics: bytes
    summary_keys: int
    def __init__(self, path: _Optional[_Union[_model_pb2.RunPath, _Mapping]] = ..., name: _Optional[str] = ..., state: _Optional[str] = ..., created_us: _Optional[int] = ..., heartbeat_us: _Optional[int] = ..., runtime_s: _Optional[float] = ..., slot: _Optional[int] = ..., tags: _Optional[_Iterable[str]] = ..., notes: _Optional[str] = ..., group: _Optional[str] = ..., job_type: _Optional[str] = ..., exit_code: _Optional[int] = ..., labels: _Optional[_Iterable[_Union[Label, _Mapping]]] = ..., config: _Optional[bytes] = ..., summary: _Optional[bytes] = ..., last_step: _Optional[int] = ..., rows: _Optional[int] = ..., sampled_rows: _Optional[int] = ..., lost_rows: _Optional[int] = ..., metrics: _Optional[bytes] = ..., summary_keys: _Optional[int] = ...) -> None: ...

class Label(_message.Message):
    __slots__ = ("label", "rank")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    label: str
    rank: int
    def __init__(self, label: _Optional[str] = ..., rank: _Optional[int] = ...) -> None: ...

class ListKeysRequest(_message.Message):
    __slots__ = ("entity", "project", "runs", "limit", "offset", "with_metrics", "search")
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    RUNS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    WITH_METRICS_FIELD_NUMBER: _ClassVar[int]
    SEARCH_FIELD_NUMBER: _ClassVar[int]
    entity: str
    project: str
    runs: _containers.RepeatedScalarFieldContainer[str]
    limit: int
    offset: int
    with_metrics: bool
    search: str
    def __init__(self, entity: _Optional[str] = ..., project: _Optional[str] = ..., runs: _Optional[_Iterable[str]] = ..., limit: _Optional[int] = ..., offset: _Optional[int] = ..., with_metrics: bool = ..., search: _Optional[str] = ...) -> None: ...

class ListKeysReply(_message.Message):
    __slots__ = ("keys", "total", "metrics")
    KEYS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedCompositeFieldContainer[Key]
    total: int
    metrics: bytes
    def __init__(self, keys: _Optional[_Iterable[_Union[Key, _Mapping]]] = ..., total: _Optional[int] = ..., metrics: _Optional[bytes] = ...) -> None: ...

class Key(_message.Message):
    __slots__ = ("key", "kinds", "runs", "points", "first_step", "last_step")
    KEY_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    RUNS_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    FIRST_STEP_FIELD_NUMBER: _ClassVar[int]
    LAST_STEP_FIELD_NUMBER: _ClassVar[int]
    key: str
    kinds: _containers.RepeatedScalarFieldContainer[str]
    runs: int
    points: int
    first_step: int
    last_step: int
    def __init__(self, key: _Optional[str] = ..., kinds: _Optional[_Iterable[str]] = ..., runs: _Optional[int] = ..., points: _Optional[int] = ..., first_step: _Optional[int] = ..., last_step: _Optional[int] = ...) -> None: ...

class GetSeriesRequest(_message.Message):
    __slots__ = ("entity", "project", "series", "x", "to", "buckets", "log_x")
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    X_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    BUCKETS_FIELD_NUMBER: _ClassVar[int]
    LOG_X_FIELD_NUMBER: _ClassVar[int]
    entity: str
    project: str
    series: _containers.RepeatedCompositeFieldContainer[SeriesSelector]
    x: str
    to: float
    buckets: int
    log_x: bool
    def __init__(self, entity: _Optional[str] = ..., project: _Optional[str] = ..., series: _Optional[_Iterable[_Union[SeriesSelector, _Mapping]]] = ..., x: _Optional[str] = ..., to: _Optional[float] = ..., buckets: _Optional[int] = ..., log_x: bool = ..., **kwargs) -> None: ...

class SeriesSelector(_message.Message):
    __slots__ = ("run", "key", "label")
    RUN_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    run: str
    key: str
    label: str
    def __init__(self, run: _Optional[str] = ..., key: _Optional[str] = ..., label: _Optional[str] = ...) -> None: ...

class GetSeriesReply(_message.Message):
    __slots__ = ("series", "bucket_width")
    SERIES_FIELD_NUMBER: _ClassVar[int]
    BUCKET_WIDTH_FIELD_NUMBER: _ClassVar[int]
    series: _containers.RepeatedCompositeFieldContainer[Series]
    bucket_width: float
    def __init__(self, series: _Optional[_Iterable[_Union[Series, _Mapping]]] = ..., bucket_width: _Optional[float] = ...) -> None: ...

class Series(_message.Message):
    __slots__ = ("exact", "points", "x", "mean", "min", "max", "first", "last", "count", "version")
    EXACT_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    X_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    FIRST_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    exact: bool
    points: int
    x: bytes
    mean: bytes
    min: bytes
    max: bytes
    first: bytes
    last: bytes
    count: bytes
    version: int
    def __init__(self, exact: bool = ..., points: _Optional[int] = ..., x: _Optional[bytes] = ..., mean: _Optional[bytes] = ..., min: _Optional[bytes] = ..., max: _Optional[bytes] = ..., first: _Optional[bytes] = ..., last: _Optional[bytes] = ..., count: _Optional[bytes] = ..., version: _Optional[int] = ...) -> None: ...

class GetHistogramsRequest(_message.Message):
    __slots__ = ("path", "key", "label", "columns")
    PATH_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    path: _model_pb2.RunPath
    key: str
    label: str
    columns: int
    def __init__(self, path: _Optional[_Union[_model_pb2.RunPath, _Mapping]] = ..., key: _Optional[str] = ..., label: _Optional[str] = ..., columns: _Optional[int] = ...) -> None: ...

class GetHistogramsReply(_message.Message):
    __slots__ = ("points", "histograms")
    POINTS_FIELD_NUMBER: _ClassVar[int]
    HISTOGRAMS_FIELD_NUMBER: _ClassVar[int]
    points: int
    histograms: _containers.RepeatedCompositeFieldContainer[StepHistogram]
    def __init__(self, points: _Optional[int] = ..., histograms: _Optional[_Iterable[_Union[StepHistogram, _Mapping]]] = ...) -> None: ...

class StepHistogram(_message.Message):
    __slots__ = ("step", "edges", "counts")
    STEP_FIELD_NUMBER: _ClassVar[int]
    EDGES_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    step: int
    edges: _containers.RepeatedScalarFieldContainer[float]
    counts: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, step: _Optional[int] = ..., edges: _Optional[_Iterable[float]] = ..., counts: _Optional[_Iterable[int]] = ...) -> None: ...

class GetValuesRequest(_message.Message):
    __slots__ = ("path", "key", "label", "limit")
    PATH_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    path: _model_pb2.RunPath
    key: str
    label: str
    limit: int
    def __init__(self, path: _Optional[_Union[_model_pb2.RunPath, _Mapping]] = ..., key: _Optional[str] = ..., label: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class GetValuesReply(_message.Message):
    __slots__ = ("points", "values")
    POINTS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    points: int
    values: _containers.RepeatedCompositeFieldContainer[StepValue]
    def __init__(self, points: _Optional[int] = ..., values: _Optional[_Iterable[_Union[StepValue, _Mapping]]] = ...) -> None: ...

class StepValue(_message.Message):
    __slots__ = ("step", "kind", "value")
    STEP_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    step: int
    kind: str
    value: bytes
    def __init__(self, step: _Optional[int] = ..., kind: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...

class SampleRowsRequest(_message.Message):
    __slots__ = ("path", "keys", "label", "samples", "in_columns")
    PATH_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    IN_COLUMNS_FIELD_NUMBER: _ClassVar[int]
    path: _model_pb2.RunPath
    keys: _containers.RepeatedScalarFieldContainer[str]
    label: str
    samples: int
    in_columns: bool
    def __init__(self, path: _Optional[_Union[_model_pb2.RunPath, _Mapping]] = ..., keys: _Optional[_Iterable[str]] = ..., label: _Optional[str] = ..., samples: _Optional[int] = ..., in_columns: bool = ...) -> None: ...

class ScanRowsRequest(_message.Message):
    __slots__ = ("path", "keys", "label", "min_step", "max_step", "in_columns")
    PATH_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    MIN_STEP_FIELD_NUMBER: _ClassVar[int]
    MAX_STEP_FIELD_NUMBER: _ClassVar[int]
    IN_COLUMNS_FIELD_NUMBER: _ClassVar[int]
    path: _model_pb2.RunPath
    keys: _containers.RepeatedScalarFieldContainer[str]
    label: str
    min_step: int
    max_step: int
    in_columns: bool
    def __init__(self, path: _Optional[_Union[_model_pb2.RunPath, _Mapping]] = ..., keys: _Optional[_Iterable[str]] = ..., label: _Optional[str] = ..., min_step: _Optional[int] = ..., max_step: _Optional[int] = ..., in_columns: bool = ...) -> None: ...

class RowBatch(_message.Message):
    __slots__ = ("payload", "rows", "label", "steps", "times", "sampled", "columns")
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    TIMES_FIELD_NUMBER: _ClassVar[int]
    SAMPLED_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    payload: bytes
    rows: int
    label: str
    steps: Array
    times: Array
    sampled: bytes
    columns: _containers.RepeatedCompositeFieldContainer[RowColumn]
    def __init__(self, payload: _Optional[bytes] = ..., rows: _Optional[int] = ..., label: _Optional[str] = ..., steps: _Optional[_Union[Array, _Mapping]] = ..., times: _Optional[_Union[Array, _Mapping]] = ..., sampled: _Optional[bytes] = ..., columns: _Optional[_Iterable[_Union[RowColumn, _Mapping]]] = ...) -> None: ...

class RowColumn(_message.Message):
    __slots__ = ("key", "rows", "ints", "floats", "values")
    KEY_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    INTS_FIELD_NUMBER: _ClassVar[int]
    FLOATS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    key: str
    rows: Array
    ints: Array
    floats: Array
    values: Array
    def __init__(self, key: _Optional[str] = ..., rows: _Optional[_Union[Array, _Mapping]] = ..., ints: _Optional[_Union[Array, _Mapping]] = ..., floats: _Optional[_Union[Array, _Mapping]] = ..., values: _Optional[_Union[Array, _Mapping]] = ...) -> None: ...

class Array(_message.Message):
    __slots__ = ("plain", "zstd")
    PLAIN_FIELD_NUMBER: _ClassVar[int]
    ZSTD_FIELD_NUMBER: _ClassVar[int]
    plain: bytes
    zstd: bytes
    def __init__(self, plain: _Optional[bytes] = ..., zstd: _Optional[bytes] = ...) -> None: ...

class ListFilesRequest(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: _model_pb2.RunPath
    def __init__(self, path: _Optional[_Union[_model_pb2.RunPath, _Mapping]] = ...) -> None: ...

class ListFilesReply(_message.Message):
    __slots__ = ("files",)
    FILES_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[File]
    def __init__(self, files: _Optional[_Iterable[_Union[File, _Mapping]]] = ...) -> None: ...

class File(_message.Message):
    __slots__ = ("path", "sha256", "size", "time_us", "present")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    PRESENT_FIELD_NUMBER: _ClassVar[int]
    path: str
    sha256: bytes
    size: int
    time_us: int
    present: bool
    def __init__(self, path: _Optional[str] = ..., sha256: _Optional[bytes] = ..., size: _Optional[int] = ..., time_us: _Optional[int] = ..., present: bool = ...) -> None: ...

class ReadFileRequest(_message.Message):
    __slots__ = ("path", "file", "offset", "length")
    PATH_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    path: _model_pb2.RunPath
    file: str
    offset: int
    length: int
    def __init__(self, path: _Optional[_Union[_model_pb2.RunPath, _Mapping]] = ..., file: _Optional[str] = ..., offset: _Optional[int] = ..., length: _Optional[int] = ...) -> None: ...

class ReadBlobRequest(_message.Message):
    __slots__ = ("sha256", "offset", "length")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    sha256: bytes
    offset: int
    length: int
    def __init__(self, sha256: _Optional[bytes] = ..., offset: _Optional[int] = ..., length: _Optional[int] = ...) -> None: ...

class FileChunk(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...
