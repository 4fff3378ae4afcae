"""`Molecule`: ten formats of files, and what rdkit makes."""

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from stepwell import Molecule
from tests.support.recorder import Recorder

FORMATS = ("pdb", "pqr", "mmcif", "mcif", "cif", "sdf", "sd", "gro", "mol2", "mmtf")


@pytest.mark.parametrize("extension", FORMATS)
def test_a_file_is_kept_byte_for_byte(tmp_path: Path, recorder: Recorder, extension: str):
    path, data = tmp_path / f"a.{extension}", b"binary \xff too"
    path.write_bytes(data)
    with path.open() as as_text, path.open("rb") as as_bytes:
        for given, file_type in (
            (path, None),
            (str(path), None),
            (as_text, None),
            (as_bytes, None),
            (io.BytesIO(data), extension),
            (io.BytesIO(data), f".{extension.upper()}"),
        ):
            molecule = Molecule(given, file_type=file_type)
            assert (molecule.format, molecule._content.read()) == (extension, data)
    record = recorder.record(Molecule(path, caption="c"))
    assert record.pop("path").startswith("media/molecule/k_")
    assert record == {"_type": "molecule-file", "format": extension, "caption": "c"}


def test_text_is_stored_as_utf8_from_its_start():
    stream = io.StringIO()
    stream.write("ATOM ä")
    assert Molecule(stream, file_type="pdb")._content.read() == "ATOM ä".encode()


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"data_or_path": "missing.pdb"}, ValueError, "missing.pdb"),
        ({"data_or_path": __file__}, ValueError, "pdb, pqr, mmcif, mcif, cif, sdf, sd, gro, mol2, mmtf, not 'py'"),
        ({"data_or_path": io.StringIO("x")}, ValueError, "give it as file_type"),
        ({"data_or_path": io.StringIO("x"), "file_type": "xyz"}, ValueError, "not 'xyz'"),
        ({"data_or_path": 5}, TypeError, "int"),
        ({"data_or_path": io.StringIO("x"), "file_type": "pdb", "caption": object()}, TypeError, "caption"),
    ],
)
def test_what_is_no_molecule_is_refused(arguments: dict[str, Any], error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        Molecule(**arguments)


def test_without_rdkit_it_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "rdkit", None)
    monkeypatch.setitem(sys.modules, "rdkit.Chem", None)
    for make in (Molecule.from_smiles, Molecule.from_rdkit):
        with pytest.raises(ImportError, match="pip install rdkit"):
            make("CCO")


def test_molecules_of_rdkit_become_pdb(tmp_path: Path):
    from rdkit import Chem

    ethanol = Molecule.from_smiles("CCO", caption="c")
    assert (ethanol.format, ethanol._caption) == ("pdb", "c")
    atoms = Chem.MolFromPDBBlock(ethanol._content.read().decode(), removeHs=False).GetAtoms()
    assert sorted(atom.GetSymbol() for atom in atoms) == ["C", "C", "H", "H", "H", "H", "H", "H", "O"]
    flat = Molecule.from_rdkit(Chem.MolFromSmiles("CCO"), convert_to_3d_and_optimize=False)
    assert flat._content.read().decode() == Chem.MolToPDBBlock(Chem.MolFromSmiles("CCO"))
    (tmp_path / "a.mol").write_text(Chem.MolToMolBlock(Chem.MolFromSmiles("CCO")))
    (tmp_path / "a.sdf").write_text(Chem.MolToMolBlock(Chem.MolFromSmiles("CCO")) + "$$$$\n")
    (tmp_path / "a.pdb").write_text(Chem.MolToPDBBlock(Chem.MolFromSmiles("CCO")))
    for name in ("a.mol", "a.sdf", "a.pdb"):
        read = Molecule.from_rdkit(str(tmp_path / name), convert_to_3d_and_optimize=False)
        assert read._content.read().count(b"HETATM") == 3, name


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (5, TypeError, "int"),
        ("missing.pdb", ValueError, "missing.pdb"),
        (__file__, ValueError, "pdb, mol, sdf"),
    ],
)
def test_what_rdkit_cannot_take_is_refused(given: Any, error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        Molecule.from_rdkit(given)
    with pytest.raises(ValueError, match="no SMILES"):
        Molecule.from_smiles("not a smiles")
