"""Transformers: a tiny model from its configuration, trained by `Trainer` with `report_to="wandb"`."""

import json
import os
import sys

import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments, set_seed

# Its name of old is gone in a current one.
EVALUATION = "eval_strategy" if hasattr(TrainingArguments, "eval_strategy") else "evaluation_strategy"
set_seed(3)
os.environ["WANDB_PROJECT"] = "transformers"
os.environ["WANDB_LOG_MODEL"] = "false"
model = BertForSequenceClassification(
    BertConfig(
        vocab_size=20,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=8,
    )
)
data = [{"input_ids": torch.randint(20, (6,)), "labels": index % 2} for index in range(32)]
arguments = TrainingArguments(
    "out",
    run_name="tiny",
    num_train_epochs=2,
    per_device_train_batch_size=8,
    logging_steps=2,
    save_strategy="no",
    **{EVALUATION: "epoch"},
    report_to="wandb",
    use_cpu=True,
    disable_tqdm=True,
)
trainer = Trainer(model, arguments, train_dataset=data, eval_dataset=data[:8])
trainer.train()
with open(sys.argv[1], "w") as file:
    json.dump(trainer.state.log_history, file)
