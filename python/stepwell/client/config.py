"""Name of a pickled config of version 0.1, as checkpoints have it."""

from stepwell.runs.config import _detached as _detached
