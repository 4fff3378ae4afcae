"""Point clouds: positions, with a category, with a colour."""

import numpy as np

import stepwell as wandb

random = np.random.default_rng(4)
xyz = random.random((50, 3))
category = np.hstack([xyz, random.integers(1, 15, (50, 1))])
point_cloud = np.hstack([xyz, random.integers(0, 256, (50, 3))])
np.savez("clouds.npz", xyz=xyz, category=category, colour=point_cloud)

wandb.init(project="docs", id="point_clouds")

wandb.log({"point_cloud": wandb.Object3D(point_cloud)})
wandb.log({"point_cloud": wandb.Object3D(category)})
wandb.log({"point_cloud": wandb.Object3D(xyz)})
