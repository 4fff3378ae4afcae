"""Molecules in ten formats."""

from io import StringIO
from pathlib import Path

import stepwell as wandb

Path("6lu7.pdb").write_text("ATOM      1  N   SER A   1     -13.452   6.210 -26.371  1.00 71.69           N\nEND\n")

wandb.init(project="docs", id="molecules")

wandb.log({"protein": wandb.Molecule(open("6lu7.pdb"))})
for kind in ('pdb', 'pqr', 'mmcif', 'mcif', 'cif', 'sdf', 'sd', 'gro', 'mol2', 'mmtf'):
    Path(f"molecule.{kind}").write_text(f"a molecule as {kind}\n")
    wandb.log({kind: wandb.Molecule(f"molecule.{kind}")})
wandb.log({"stream": wandb.Molecule(StringIO("from memory\n"), file_type="sdf")})
