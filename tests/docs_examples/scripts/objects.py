"""3D objects from files."""

from pathlib import Path

import stepwell as wandb

Path("sample.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
Path("sample.gltf").write_text('{"asset": {"version": "2.0"}}')
Path("sample.glb").write_text("glTF, as text here, because the example opens it as text")

wandb.init(project="docs", id="objects")

wandb.log({"generated_samples":
           [wandb.Object3D(open("sample.obj")),
            wandb.Object3D(open("sample.gltf")),
            wandb.Object3D(open("sample.glb"))]})
