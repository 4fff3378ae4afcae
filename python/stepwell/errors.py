"""The exceptions that the package raises, named as in wandb."""


class Error(Exception):
    """Base of all errors of this package."""


class UsageError(Error):
    """A call makes no sense: a bad argument or setting. Nothing was done."""


class ConfigError(Error):
    """A key of the config would change without `allow_val_change`. Nothing of the call was kept."""


class UnsupportedError(UsageError):
    """A call asks for something that this package does not have."""


class ArtifactFinalizedError(UsageError, AttributeError):
    """An artifact that is logged does not change any more."""


class WaitTimeoutError(Error):
    """Something took longer than it may."""


class CommError(Error):
    """A server cannot be reached, or does not know what was asked for.

    Parameters
    ----------
    message
        What happened, and what to do.
    not_found
        Whether the server was reached and has no such run.
    """

    def __init__(self, message: str, not_found: bool = False) -> None:
        super().__init__(message)
        self.not_found = not_found


class AuthenticationError(CommError):
    """A server does not let this user in."""
