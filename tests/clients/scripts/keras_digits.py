"""Keras on JAX: a small network, with every callback that wandb has for Keras."""

import json
import sys

import keras
import numpy as np

import wandb
from wandb.integration.keras import WandbCallback, WandbEvalCallback, WandbMetricsLogger, WandbModelCheckpoint

keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)
x = rng.random((192, 8, 8, 1), dtype=np.float32)
y = (x.mean(axis=(1, 2, 3)) > 0.5).astype(np.int32)


class Predictions(WandbEvalCallback):
    def add_ground_truth(self, logs=None):
        for number in range(4):
            self.data_table.add_data(number, wandb.Image(x[number]), int(y[number]))

    def add_model_predictions(self, epoch, logs=None):
        answers = self.model.predict(x[:4], verbose=0)
        for number, answer in enumerate(answers):
            row = self.data_table_ref.data[number]
            self.pred_table.add_data(epoch, row[0], row[2], float(answer[1]))


def model():
    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")]
    made = keras.Sequential(layers)
    rate = keras.optimizers.schedules.ExponentialDecay(0.05, decay_steps=6, decay_rate=0.5)
    made.compile(keras.optimizers.SGD(rate), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return made


said = {}
config = {"learning_rate": 0.05, "epochs": 3, "layers": [64, 2]}
with wandb.init(project="keras", id="epochs", config=config) as run:
    callbacks = [
        WandbMetricsLogger(),
        WandbModelCheckpoint("model-{epoch:02d}.keras", monitor="val_loss"),
        Predictions(data_table_columns=["number", "image", "label"], pred_table_columns=["epoch", "number", "y", "p"]),
    ]
    said["epochs"] = (
        model().fit(x, y, validation_split=0.25, epochs=3, batch_size=24, verbose=0, callbacks=callbacks).history
    )

with wandb.init(project="keras", id="batches") as run:
    logger = WandbMetricsLogger(log_freq=2)
    model().fit(x, y, epochs=1, batch_size=24, verbose=0, callbacks=[logger])

with wandb.init(project="keras", id="classic") as run:
    classic = WandbCallback(validation_data=(x[:5], y[:5]), labels=["dark", "light"], predictions=5, log_weights=True)
    said["classic"] = (
        model().fit(x, y, validation_split=0.25, epochs=2, batch_size=24, verbose=0, callbacks=[classic]).history
    )

with open(sys.argv[1], "w") as file:
    json.dump(said, file)
