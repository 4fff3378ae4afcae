"""Reading back what was written, from a directory or a server, over gRPC; changes and exports."""

from stepwell.api.api import Api, Project
from stepwell.api.columns.columns import Columns
from stepwell.api.file import File
from stepwell.api.files import Files
from stepwell.api.media import TableContent
from stepwell.api.run import Run
from stepwell.api.runs import Runs
from stepwell.api.summary import Summary
from stepwell.settings.foreign_settings import API_KEY as api_key  # noqa: N811  as `wandb.api.api_key`

__all__ = ["Api", "Columns", "File", "Files", "Project", "Run", "Runs", "Summary", "TableContent", "api_key"]
