"""Molecules."""

from __future__ import annotations

from importlib import import_module
from pathlib import PurePath
from typing import Any

from stepwell.media.encoding.source import PathOrFile, Source
from stepwell.media.records.media import FileMedia, caption_text, said

_RDKIT_FORMATS = ("pdb", "mol", "sdf")


class Molecule(FileMedia):
    """A molecule, in one of ten file formats.

    Parameters
    ----------
    data_or_path
        A path or an open file; it is kept byte for byte.
    caption
        A line of text below it.
    file_type
        One of `SUPPORTED_TYPES`; needed where the file has no name that says it.

    Raises
    ------
    TypeError
        If it is neither a path nor an open file.
    ValueError
        For another format, or a missing file.
    """

    _type = "molecule-file"
    _folder = "molecule"
    SUPPORTED_TYPES = ("pdb", "pqr", "mmcif", "mcif", "cif", "sdf", "sd", "gro", "mol2", "mmtf")

    def __init__(self, data_or_path: PathOrFile, caption: str | None = None, file_type: str | None = None) -> None:
        if not Source.is_given(data_or_path):
            raise TypeError(f"Molecule: expected a path or an open file, not {type(data_or_path).__name__}")
        self._caption = caption_text("Molecule", caption)
        source = Source("Molecule", data_or_path)
        self.format = source.format_among("Molecule", self.SUPPORTED_TYPES, "file_type", file_type)
        self._content = source.content(self.format)

    @classmethod
    def from_rdkit(
        cls,
        data_or_path: Any,
        caption: str | None = None,
        convert_to_3d_and_optimize: bool = True,
        mmff_optimize_molecule_max_iterations: int = 200,
    ) -> Molecule:
        """Return a molecule of rdkit, or of a file that rdkit reads, as PDB.

        Parameters
        ----------
        data_or_path
            An `rdkit.Chem.Mol`, or a path to a `pdb`, `mol` or `sdf` file.
        caption
            A line of text below it.
        convert_to_3d_and_optimize
            Find places for the atoms, with the MMFF force field.
        mmff_optimize_molecule_max_iterations
            How long to look for them.

        Raises
        ------
        ImportError
            If rdkit is not installed.
        TypeError
            If it is neither.
        ValueError
            If the file cannot be read by it.
        """
        from io import StringIO

        chemistry, places = _rdkit()
        molecule = data_or_path if isinstance(data_or_path, chemistry.Mol) else _read(chemistry, data_or_path)
        if convert_to_3d_and_optimize:
            molecule = chemistry.AddHs(molecule)
            places.EmbedMolecule(molecule)
            places.MMFFOptimizeMolecule(molecule, maxIters=mmff_optimize_molecule_max_iterations)
        return cls(StringIO(chemistry.MolToPDBBlock(molecule)), caption=caption, file_type="pdb")

    @classmethod
    def from_smiles(
        cls,
        data: str,
        caption: str | None = None,
        sanitize: bool = True,
        convert_to_3d_and_optimize: bool = True,
        mmff_optimize_molecule_max_iterations: int = 200,
    ) -> Molecule:
        """Return the molecule of a SMILES text.

        Parameters
        ----------
        data
            Such as `"CCO"`.
        caption
            A line of text below it.
        sanitize
            Let rdkit check it.
        convert_to_3d_and_optimize, mmff_optimize_molecule_max_iterations
            See `from_rdkit`.

        Raises
        ------
        ImportError
            If rdkit is not installed.
        ValueError
            If it is no SMILES.
        """
        chemistry, _places = _rdkit()
        molecule = chemistry.MolFromSmiles(data, sanitize=sanitize)
        if molecule is None:
            raise ValueError(f"Molecule: {data!r} is no SMILES that rdkit can read")
        return cls.from_rdkit(molecule, caption, convert_to_3d_and_optimize, mmff_optimize_molecule_max_iterations)

    def _fields(self, key: str) -> dict[str, Any]:
        return {"format": self.format, **said(caption=self._caption)}

    def __repr__(self) -> str:
        return f"Molecule({self.format})"


def _rdkit() -> tuple[Any, Any]:
    try:
        return import_module("rdkit.Chem"), import_module("rdkit.Chem.AllChem")
    except ImportError:
        raise ImportError("Molecule: from_rdkit and from_smiles need rdkit: pip install rdkit") from None


def _read(chemistry: Any, path: str | PurePath) -> Any:
    if not isinstance(path, (str, PurePath)):
        raise TypeError(f"Molecule: expected a molecule of rdkit or a path, not {type(path).__name__}")
    source = Source("Molecule", path)
    extension = source.format_among("Molecule", _RDKIT_FORMATS, "file_type", None)
    if extension == "sdf":
        molecule = next(iter(chemistry.SDMolSupplier(str(source.path))), None)
    else:
        molecule = {"pdb": chemistry.MolFromPDBFile, "mol": chemistry.MolFromMolFile}[extension](str(source.path))
    if molecule is None:
        raise ValueError(f"Molecule: rdkit cannot read {source.name}")
    return molecule
