"""The native extension: encoding, queue, spool, upload, binning, and the embedded server."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal, TypedDict, final, type_check_only

__version__: str
__all__ = [
    "GOALS",
    "SUMMARY_KINDS",
    "Content",
    "Defaults",
    "LimitError",
    "Limits",
    "Server",
    "Writer",
    "__version__",
    "array_statistics",
    "attach",
    "check_store",
    "crc32c",
    "encode",
    "flatten",
    "greatest_attempt",
    "histogram",
    "name_problem",
    "repair_store",
    "row_dicts",
    "set_fallback",
    "split_address",
    "spool_openings",
    "spooled_streams",
    "sync",
]

@type_check_only
class FinishReport(TypedDict):
    """What `Writer.finish` left behind."""

    complete: bool
    rows: int
    sampled_rows: int
    lost_rows: int
    rejected_rows: int
    refused_rows: int
    refused_values: int
    is_there: bool
    unsent_rows: int
    files: int
    unsent_files: int
    lost_files: int
    message: str

@type_check_only
class WriterStatus(TypedDict):
    """Where the rows of a writer are."""

    accepted: int
    spooled: int
    acked: int
    queued_bytes: int
    sampled_rows: int
    lost_rows: int
    rejected_rows: int
    refused_values: int
    waiting_files: int
    lost_files: int
    connection: str

@final
class Writer:
    """One stream: takes rows on the calling thread, and brings them to disk and server on its own."""

    def __new__(
        cls,
        *,
        directory: str,
        entity: str,
        project: str,
        run: str,
        label: str,
        rank: int | None,
        primary: bool,
        attempt: int,
        runtime_offset: float,
        host: str,
        destination: str,
        start_step: int,
        on_full: Literal["sample", "block", "raise"],
        strict_steps: bool,
        queue_bytes: int,
        spool_bytes: int,
        start_time: float | None = None,
        summary_follows_log: bool = False,
        max_keys: int = ...,
        silent: bool = False,
        warn: Callable[[str], None] | None = None,
        discard: bool = False,
    ) -> Writer: ...
    @property
    def stream(self) -> str: ...
    @property
    def step(self) -> int: ...
    @property
    def start_time(self) -> float: ...
    def log(
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None
    ) -> None: ...
    def log_at(self, data: Mapping[str, Any], step: int, time: float) -> None: ...
    def set_config(self, values: Mapping[str, Any], deleted: Sequence[str] = ...) -> None: ...
    def set_summary(self, values: Mapping[str, Any], deleted: Sequence[str] = ...) -> None: ...
    def define_metric(
        self,
        name: str,
        step_metric: str | None = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: Sequence[str] = ...,
        goal: str | None = None,
        overwrite: bool = False,
    ) -> None: ...
    def set_info(
        self,
        name: str | None = None,
        notes: str | None = None,
        tags: Sequence[str] | None = None,
        group: str | None = None,
        job_type: str | None = None,
    ) -> None: ...
    def log_columns(self, columns: Mapping[str, Any], steps: Any = None) -> None: ...
    def put_file(self, path: str, content: Content) -> None: ...
    def convert(self, key: str, value: Any) -> Any: ...
    def summary(self) -> dict[str, Any]: ...
    def collected(self) -> dict[str, Any]: ...
    def preview(self) -> dict[str, list[float]]: ...
    def flush(self, level: Literal["spooled", "synced", "acked"], timeout: float) -> bool: ...
    def status(self) -> WriterStatus: ...
    def finish(self, exit_code: int, timeout: float) -> FinishReport: ...

class LimitError(ValueError):
    """A value is beyond what the formats hold."""

@final
class Content:
    """The content of a file: copied once by the caller; encoded, hashed and stored without the GIL."""

    @property
    def extension(self) -> str: ...
    @staticmethod
    def from_bytes(data: Any, extension: str) -> Content: ...
    @staticmethod
    def from_file(path: str, extension: str) -> Content: ...
    @staticmethod
    def from_pixels(pixels: Any, normalize: bool = True) -> Content: ...
    @staticmethod
    def from_frames(frames: Any, fps: float) -> Content: ...
    @staticmethod
    def from_samples(samples: Any, sample_rate: int) -> Content: ...
    @staticmethod
    def from_array(array: Any) -> Content: ...
    @staticmethod
    def from_value(key: str, value: Any, extension: str) -> Content: ...
    def read(self) -> bytes: ...
    def sha256(self) -> str: ...
    def size(self) -> int: ...

GOALS: tuple[str, ...]
SUMMARY_KINDS: tuple[str, ...]

@final
class Limits:
    """The limits of the formats."""

    KEY_BYTES: ClassVar[int]
    LOGGED_DEPTH: ClassVar[int]
    LAST_STEP: ClassVar[int]
    QUERY_BUCKETS: ClassVar[int]
    QUERY_SERIES: ClassVar[int]

@final
class Defaults:
    """The defaults of settings and services."""

    PORT: ClassVar[int]
    QUEUE_BYTES: ClassVar[int]
    MAX_KEYS: ClassVar[int]

def flatten(data: dict[Any, Any]) -> list[tuple[str, Any]]: ...
def name_problem(kind: Literal["entity", "project", "run id", "label", "tag"], name: str) -> str | None: ...
def split_address(url: str) -> tuple[str, int]: ...
def attach(content: Content, folder: str, key: str) -> str: ...
def array_statistics(array: Any) -> dict[str, float]: ...
def crc32c(data: bytes) -> int: ...
def encode(value: Any) -> bytes: ...
def row_dicts(
    steps: bytes,
    times: bytes,
    columns: list[tuple[str, Literal["int", "float", "other"], bytes | None, Any]],
    created: float,
    first: int,
    last: int,
) -> list[dict[str, Any]]: ...
def set_fallback(convert: Callable[[str, Any], Any]) -> None: ...
def histogram(data: Any, bins: int) -> tuple[list[int], list[float], int]: ...

@final
class Server:
    """An embedded server over a directory: gRPC, HTTP and WebSocket on one port."""

    def __new__(
        cls,
        *,
        directory: str,
        mode: Literal["server", "local"],
        host: str = ...,
        port: int = 0,
        ui_directory: str | None = None,
        max_connections: int | None = None,
        sweeps_blobs: bool = False,
    ) -> Server: ...
    @property
    def port(self) -> int: ...
    @property
    def address(self) -> str: ...
    def stop(self, timeout: float = 5.0) -> None: ...

@type_check_only
class SpooledStream(TypedDict):
    """A stream found in a directory."""

    stream: str
    entity: str
    project: str
    run: str
    label: str
    attempt: int
    destination: str
    first: int
    last: int
    acked: int
    bytes: int
    live: bool
    rejected: int
    lost: int
    kept: bool
    complete: bool
    files: int
    damage: str

@type_check_only
class SpoolOpening(TypedDict):
    """Whose a stream of a directory is; empty where `is_known` is false."""

    stream: str
    is_known: bool
    live: bool
    entity: str
    project: str
    run: str
    label: str
    attempt: int
    destination: str

def greatest_attempt(directory: str, entity: str, project: str, run: str, label: str) -> int | None: ...
def spool_openings(directory: str) -> list[SpoolOpening]: ...
def spooled_streams(directory: str) -> list[SpooledStream]: ...

@type_check_only
class StoreCheck(TypedDict):
    """A check of a store."""

    problems: list[str]
    losses: list[str]
    durable: list[tuple[str, int]]

def check_store(directory: str) -> StoreCheck: ...
def repair_store(directory: str) -> list[str]: ...
def sync(
    directory: str,
    url: str,
    streams: Sequence[str] | None = None,
    progress: Callable[[int, int, int, int], None] | None = None,
    timeout: float | None = None,
) -> list[SpooledStream]: ...
