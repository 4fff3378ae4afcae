"""A connection to a server: calls with deadlines, and errors that say what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc

from stepwell._native import split_address
from stepwell.api.server.catch_up import catch_up
from stepwell.errors import CommError
from stepwell.proto.v1 import manage_pb2_grpc, query_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A batch of rows: see `stepwell.api.payload`; a reply of metadata may be as large.
_MESSAGE_BYTES = 256 << 20
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Connection:
    """A channel to one server.

    Parameters
    ----------
    url
        `http://host:port`.
    timeout
        Deadline of a call, in s; of a stream of rows, the longest wait for its next batch is the same.
    directory
        The directory that the server reads, if it is one of this process; None for a server elsewhere.
    """

    def __init__(self, url: str, timeout: float, directory: Path | None = None) -> None:
        self.url = url
        self.timeout = timeout
        self.directory = directory
        host, port = split_address(url)
        target = f"{f'[{host}]' if ':' in host else host}:{port}"
        options = [
            ("grpc.max_receive_message_length", _MESSAGE_BYTES),
            # Otherwise a forked child goes on with the connection of its parent.
            ("grpc.use_local_subchannel_pool", 1),
            # A proxy for the world outside does not lead to this machine.
            ("grpc.enable_http_proxy", 0 if host in _LOOPBACK else 1),
        ]
        self._channel = grpc.insecure_channel(target, options)
        self._stub: Any = query_pb2_grpc.QueryStub(self._channel)  # type: ignore[no-untyped-call]
        self._manage: Any = manage_pb2_grpc.ManageStub(self._channel)  # type: ignore[no-untyped-call]

    def call(self, method: str, request: Any) -> Any:
        """Call a method with one reply.

        Raises
        ------
        CommError
            If the server cannot be reached, does not answer in time, or refuses.
        """
        return self._call(getattr(self._stub, method), request)

    def manage(self, method: str, request: Any) -> Any:
        """Call a method that changes the store. The errors are those of `call`."""
        return self._call(getattr(self._manage, method), request)

    def stream(self, method: str, request: Any) -> Iterator[Any]:
        """Call a method with many replies. The errors are those of `call`."""
        call = getattr(self._stub, method)(request, timeout=self.timeout, wait_for_ready=False)
        try:
            yield from call
        except grpc.RpcError as error:
            raise self._comm_error(error) from None
        finally:
            call.cancel()

    def catch_up(self) -> None:
        """Wait until what is in the spools of the directory is read; a server elsewhere has none."""
        if self.directory is not None:
            catch_up(self, self.directory, self.timeout)

    def close(self) -> None:
        """Give up the connection."""
        self._channel.close()

    def _call(self, method: Any, request: Any) -> Any:
        try:
            return method(request, timeout=self.timeout, wait_for_ready=False)
        except grpc.RpcError as error:
            raise self._comm_error(error) from None

    def _comm_error(self, error: Any) -> CommError:
        code, details = error.code(), error.details() or ""
        if code == grpc.StatusCode.NOT_FOUND:
            return CommError(details, not_found=True)
        if code in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION}:
            return CommError(details)
        if code == grpc.StatusCode.UNAVAILABLE:
            if error.trailing_metadata():  # the server itself says that it cannot do this now
                return CommError(details)
            return CommError(
                f"the server {self.url} cannot be reached ({details}). "
                "Check the address, and that `stepwell serve` runs there."
            )
        if code == grpc.StatusCode.DEADLINE_EXCEEDED:
            return DeadlineError(
                f"the server {self.url} did not answer within {self.timeout:g} s. "
                "Try again, ask for less, or allow more with Api(timeout=…)."
            )
        return CommError(f"the server {self.url} refused: {details} ({code.name.lower()})")


class DeadlineError(CommError):
    """The server did not answer in time."""
