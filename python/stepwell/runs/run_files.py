"""The methods of a run that concern files."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from stepwell.errors import CommError, UnsupportedError
from stepwell.runs.run_info import RunInfo
from stepwell.settings.naming import new_run_id

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

    from stepwell.api import Api
    from stepwell.api.artifacts.artifact import StoredArtifact
    from stepwell.files.artifact import Artifact
    from stepwell.files.files import Files
    from stepwell.process.terminal import Terminal

_HASH_CHARS = 16


def _is_python(path: str) -> bool:
    return path.endswith(".py")


def _is_none(_path: str) -> bool:
    return False


class RunFiles(RunInfo):
    """Files, code and artifacts of a run."""

    _terminal: Terminal
    _files: Files | None
    _home_path: Path | None
    _scratch: TemporaryDirectory[str] | None

    @property
    def dir(self) -> str:
        """A directory of this writer's own: the files that a script writes there are saved when the run ends.

        (The directory that keeps what is logged is `directory`.)
        """
        if self._home_path is None:
            self._home_path = self._make_home()
        return str(self._home_path)

    def write_logs(self, text: str) -> None:
        """Add lines to `output.log`, a file that is saved with the run when it ends."""
        if not self._finished:
            with Path(self.dir, "output.log").open("a", encoding="utf-8", errors="backslashreplace") as log:
                log.write(text if text.endswith("\n") else f"{text}\n")

    def save(
        self,
        glob_str: str | os.PathLike[str],
        base_path: str | os.PathLike[str] | None = None,
        policy: str = "live",
        glob: bool = True,
    ) -> list[str]:
        """Save files with the run: now, and by `policy` once more at its end.

        Parameters
        ----------
        glob_str
            Path of a file, of a directory (everything below it), or a pattern as for `glob`.
        base_path
            The name of a file within the run is its path from here. By default the working directory; for an
            absolute `glob_str` one directory above the file, so that `/ck/a/model.pt` is `a/model.pt`.
        policy
            `now`: only now; `live`, `end`: also at the end of the run, what has changed or is new by then.
        glob
            Whether `*`, `?`, `[…]` and `**` in `glob_str` are a pattern.

        Returns
        -------
        list of str
            Paths of the files that were saved now; none, with a warning, for an address (`s3://…`) or the
            home directory.

        Raises
        ------
        UsageError
            For an unknown policy, or a file that does not lie below `base_path`.
        """
        from glob import escape

        pattern = os.fsdecode(glob_str)
        return self._saved().save(pattern if glob else escape(pattern), base_path, policy, self._home_path)

    def restore(
        self, name: str, run_path: str | None = None, replace: bool = False, root: str | None = None
    ) -> IO[str] | None:
        """Fetch a file of this run, or of another, and open it: see `stepwell.restore`."""
        from stepwell.files.restore import restore

        if run_path is None and not self.disabled:
            self._writer.live().flush("acked", self._settings.finish_timeout)
        source = self.options.destination or self.directory
        return restore(name, run_path or self.path, replace, root or self.dir, source)

    def log_code(
        self,
        root: str | os.PathLike[str] | None = ".",
        name: str | None = None,
        include_fn: Callable[[str], bool] | Callable[[str, str], bool] = _is_python,
        exclude_fn: Callable[[str], bool] | Callable[[str, str], bool] = _is_none,
    ) -> Artifact | None:
        """Save the code below `root` as `code/…`, and log it as an artifact of type `code`.

        Parameters
        ----------
        root
            A directory.
        name
            What the artifact is called.
        include_fn, exclude_fn
            Say of an absolute path, or of that and `root`, whether to take it, by default if it ends in
            `.py`, and whether to leave it out.

        Returns
        -------
        Artifact or None
            The files that were saved, by their paths below `root`; None if there are none.
        """
        from stepwell.files.artifact import Artifact, safe_name

        folder = Path(root or ".").absolute()
        artifact = Artifact(safe_name(name or f"source-{self.project}-{self.id}"), "code")
        for path in self._saved().save_code(folder, include_fn, exclude_fn):
            artifact.add_file(path, os.path.relpath(path, folder), policy="immutable")
        return self.log_artifact(artifact) if artifact.paths else None

    def log_artifact(
        self,
        artifact_or_path: Artifact | StoredArtifact | str | os.PathLike[str],
        name: str | None = None,
        type: str | None = None,  # noqa: A002  wandb's name
        aliases: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
    ) -> Artifact:
        """Store an artifact below `artifacts/NAME/`, and what is said of it as `artifacts/NAME.json`.

        Parameters
        ----------
        artifact_or_path
            An `Artifact`, or the path of a file or a directory to make one of, or an address (`s3://…`). One
            that was found is logged already: it gets the aliases and tags, and this run notes its use.
        name, type
            Name and type of that one.
        aliases
            Names of this version; one belongs to the version that it was given last.
        tags
            Tags.
        """
        from stepwell.files.artifact import Artifact, Nothing, of_path

        said = [aliases] if isinstance(aliases, str) else list(aliases or ())
        given: Any = artifact_or_path
        if isinstance(given, Artifact):
            artifact = given
            artifact.aliases = list(dict.fromkeys([*artifact.aliases, *said]))
        elif hasattr(given, "take_aliases"):
            self._log_found(given, said, tags or ())
            return cast("Artifact", given)
        else:
            artifact = of_path(os.fsdecode(given), name, type, said)
        artifact.tags = list(dict.fromkeys([*artifact.tags, *(tags or ())]))
        folder = self._folder_of(artifact.name)
        self._saved().log_artifact(artifact, folder)
        place = f"{self.path}/{folder}"
        # Without the artifact itself, so that its temporary files go as soon as nobody has it any more.
        find = partial(self._find_artifact, artifact.type, artifact.name, place)
        artifact.logged(Nothing if self.disabled else find)
        return artifact

    def _log_found(self, found: StoredArtifact, aliases: Sequence[str], tags: Sequence[str]) -> None:
        """Give an artifact that is logged aliases and tags, and note that this run uses it."""
        if self.disabled:
            return
        if aliases or tags:
            found.aliases = list(dict.fromkeys([*found.aliases, *aliases]))
            found.tags = list(dict.fromkeys([*found.tags, *tags]))
            found.save()
        self.use_artifact(found)

    def log_model(
        self, path: str | os.PathLike[str], name: str | None = None, aliases: Sequence[str] | None = None
    ) -> Artifact:
        """Store the files of a model as an artifact of type `model`, by default named `model-ID`."""
        from stepwell.files.artifact import safe_name

        return self.log_artifact(path, name or safe_name(f"model-{self.id}"), "model", aliases)

    def use_artifact(
        self,
        artifact_or_name: Artifact | StoredArtifact | str,
        type: str | None = None,  # noqa: A002  wandb's name
        aliases: Sequence[str] | None = None,
        use_as: str | None = None,
    ) -> Any:
        """Find an artifact of this or of earlier runs, and note that this run uses it.

        Parameters
        ----------
        artifact_or_name
            `NAME`, `NAME:ALIAS` or `NAME:v3`, with `PROJECT/` or `ENTITY/PROJECT/` before it where that is
            not the run's; or an artifact, which is logged if it was not yet.
        type
            Its type, if it is to be of one.
        aliases
            Aliases of an artifact that is logged here.
        use_as
            Accepted for scripts written for wandb, without effect.

        Returns
        -------
        Artifact
            What was given, or what was found, with `download`, `file`, `get`, `verify`, `version`, …

        Raises
        ------
        ValueError
            If it is of another type.
        CommError
            If there is none, or the server cannot be reached.
        """
        from stepwell.writing.artifact_notes import used

        found: Any = artifact_or_name
        if self.disabled:
            return None if isinstance(found, str) else found
        if isinstance(found, str):
            found = self._reader().artifact(found, type)
        elif found.is_draft():
            self.log_artifact(found, aliases=aliases)
        self._writer.live().set_config(used(found.id))
        return found

    def use_model(self, name: str) -> str:
        """Download an artifact, named as in `use_artifact`; returns its file, or the directory of files.

        Where nothing is kept, it is an empty text.
        """
        artifact = self.use_artifact(name)
        if artifact is None:
            return ""
        folder: str = artifact.download()
        files = artifact.files()
        return os.path.join(folder, files[0].path) if len(files) == 1 else folder  # noqa: PTH118  a text

    def link_artifact(self, *_: Any, **__: Any) -> None:
        """Raise UnsupportedError: there is no registry."""
        self._refuse("link_artifact")

    def link_model(self, *_: Any, **__: Any) -> None:
        """Raise UnsupportedError: there is no registry."""
        self._refuse("link_model")

    def upsert_artifact(self, *_: Any, **__: Any) -> None:
        """Raise UnsupportedError: an artifact is logged in one piece."""
        self._refuse("upsert_artifact")

    def finish_artifact(self, *_: Any, **__: Any) -> None:
        """Raise UnsupportedError: an artifact is logged in one piece."""
        self._refuse("finish_artifact")

    def store(self, name: str, path: str | os.PathLike[str]) -> None:
        """Store a file under a name within the run."""
        self._saved().store(name, Path(path))

    def save_script(self) -> None:
        """Save the script that runs as `code/…`."""
        self._saved().save_script()

    def _folder_of(self, name: str) -> str:
        """Return where the files of an artifact go: into a folder that nobody else writes to."""
        options = self.options
        is_first = options.primary and options.attempt == 0 and not self.resumed and name not in self._artifacts
        self._artifacts.add(name)
        return f"artifacts/{name}" if is_first else f"artifacts/{name}@{new_run_id()}"

    def _reader(self) -> Api:
        """Return what reads the place that this run goes to, once all that was logged is there."""
        from stepwell.api import Api

        self._writer.live().flush("acked", self._settings.finish_timeout)
        source = self.options.destination or self.directory
        return Api(source, overrides={"entity": self.entity, "project": self.project})

    def _find_artifact(self, kind: str, name: str, place: str) -> StoredArtifact:
        for each in self._reader().artifacts(kind, name):
            if place in each.places:
                return each
        raise CommError(f"the files of artifact {name} have not come yet; try again later")

    def _make_home(self) -> Path:
        if self.disabled:
            from tempfile import TemporaryDirectory

            self._scratch = TemporaryDirectory(prefix="stepwell-")
            return Path(self._scratch.name)
        import hashlib

        # What users wrote never becomes a path.
        text = "\0".join((self.path, self.label)).encode("utf-8", "surrogatepass")
        home = Path(self.directory, "files", hashlib.sha256(text).hexdigest()[:_HASH_CHARS])
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return home

    def _saved(self) -> Files:
        if self._files is None:
            from stepwell.files.files import Files

            writer, place = self._writer, Path(self.directory)
            self._files = Files(writer.live, self.disabled, self._terminal.warn, place, writer.set_config)
        return self._files

    def _forget_files(self) -> None:
        self._files = None
        self._artifacts: set[str] = set()
        self._home_path = None
        self._scratch = None

    def _finish_files(self, terminal: Terminal) -> None:
        if self._scratch is not None:
            self._scratch.cleanup()
        elif self._files is not None or self._home_path is not None:
            for wrong in self._saved().finish(self._home_path):
                terminal.warn(f"a file could not be saved: {wrong}")

    def _refuse(self, call: str) -> None:
        if not self.disabled:
            raise UnsupportedError(
                f"{call}: there is no registry, and an artifact is logged in one piece: log_artifact(…, aliases=[…])"
            )
