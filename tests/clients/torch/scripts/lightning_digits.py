"""Lightning: a small network with `WandbLogger`, its checkpoints and a few images."""

import json
import sys

import numpy as np
import torch
from lightning.pytorch import LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import WandbLogger

import wandb

seed_everything(1)
truth = {"train": [], "val": []}


class Model(LightningModule):
    def __init__(self, width=8, rate=0.1):
        super().__init__()
        self.save_hyperparameters()
        self.layers = torch.nn.Sequential(torch.nn.Linear(4, width), torch.nn.ReLU(), torch.nn.Linear(width, 1))

    def training_step(self, batch, index):
        x, y = batch
        loss = torch.nn.functional.mse_loss(self.layers(x), y)
        self.log("train/loss", loss, on_step=True)
        truth["train"].append([self.global_step, loss.item()])
        return loss

    def validation_step(self, batch, index):
        x, y = batch
        loss = torch.nn.functional.mse_loss(self.layers(x), y)
        self.log("val/loss", loss)
        if not self.trainer.sanity_checking:
            truth["val"].append(loss.item())

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), self.hparams.rate)
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)]


x = torch.randn(64, 4)
data = torch.utils.data.TensorDataset(x, x.sum(1, keepdim=True))
logger = WandbLogger(project="lightning", id="digits", name="first", log_model=True)
model = Model()
logger.watch(model, log="all", log_freq=4)
trainer = Trainer(
    max_epochs=3,
    logger=logger,
    log_every_n_steps=1,
    callbacks=[LearningRateMonitor("epoch"), ModelCheckpoint(monitor="val/loss")],
    enable_progress_bar=False,
    accelerator="cpu",
)
loader = torch.utils.data.DataLoader(data, batch_size=16)
trainer.fit(model, loader, torch.utils.data.DataLoader(data, batch_size=64))
logger.log_image("samples", [np.full((4, 5, 3), 200, np.uint8)], caption=["grey"])
logger.log_table("table", columns=["a", "b"], data=[[1, "x"], [2, "y"]])
logger.log_metrics({"last": 1.5})
logger.experiment.config.update({"later": True})
wandb.finish()
with open(sys.argv[1], "w") as file:
    json.dump(truth, file)
