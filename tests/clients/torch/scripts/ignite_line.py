"""Ignite: a line fitted by engines with `WandBLogger`, its handlers of outputs, parameters and gradients."""

import json
import sys

import torch
from ignite.engine import Events, create_supervised_evaluator, create_supervised_trainer
from ignite.handlers import ModelCheckpoint, global_step_from_engine
from ignite.handlers.wandb_logger import WandBLogger
from ignite.metrics import Loss, MeanAbsoluteError

torch.manual_seed(1)
torch.set_num_threads(1)
x = torch.randn(32, 3)
data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, x.sum(1, keepdim=True)), batch_size=8)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
trainer = create_supervised_trainer(model, optimizer, torch.nn.MSELoss())
evaluator = create_supervised_evaluator(model, {"mse": Loss(torch.nn.MSELoss()), "mae": MeanAbsoluteError()})

logger = WandBLogger(
    project="ignite", id="line", name="first", config={"rate": 0.1, "shape": (3, 1)}, tags=["line", "ignite"]
)
logger.attach_output_handler(
    trainer, Events.ITERATION_COMPLETED(every=2), tag="training", output_transform=lambda loss: {"loss": loss}
)
logger.attach_output_handler(
    evaluator,
    Events.EPOCH_COMPLETED,
    tag="validation",
    metric_names="all",
    global_step_transform=global_step_from_engine(trainer, Events.ITERATION_COMPLETED),
)
logger.attach_opt_params_handler(trainer, Events.ITERATION_STARTED(every=4), optimizer=optimizer)
logger.watch(model, log="parameters", log_freq=4)
trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: evaluator.run(data))
keep = ModelCheckpoint(logger.run.dir, n_saved=1, filename_prefix="best", score_name="mae", require_empty=False)
truth = {"training/loss": [], "validation/mae": [], "validation/mse": []}
trainer.add_event_handler(
    Events.ITERATION_COMPLETED(every=2),
    lambda: truth["training/loss"].append([trainer.state.iteration, trainer.state.output]),
)
evaluator.add_event_handler(Events.COMPLETED, keep, {"model": model})


@evaluator.on(Events.EPOCH_COMPLETED)
def note(engine):
    for name in ("mae", "mse"):
        truth[f"validation/{name}"].append([trainer.state.iteration, engine.state.metrics[name]])


trainer.run(data, max_epochs=3)
logger.close()
with open(sys.argv[1], "w") as file:
    json.dump(truth, file)
