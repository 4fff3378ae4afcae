"""A script in the style of nanoGPT: settings as globals, a bigram model, `wandb.log` every few iterations."""

import math
import pickle
import sys
import time

import numpy as np

# I/O
eval_interval = 5
log_interval = 1
wandb_log = True
wandb_project = "owt"
wandb_run_name = "bigram" + str(time.time())
# data and model
batch_size = 16
vocab_size = 12
# adamw, as far as a bigram needs it
learning_rate = 6e-1
max_iters = 20
weight_decay = 1e-1
decay_lr = True
warmup_iters = 4
lr_decay_iters = 20
min_lr = 6e-2
config_keys = [k for k, v in globals().items() if not k.startswith("_") and isinstance(v, (int, float, bool, str))]
config = {k: globals()[k] for k in config_keys}  # will be useful for logging

rng = np.random.default_rng(1337)
table = rng.random((vocab_size, vocab_size)) ** 3
table /= table.sum(axis=1, keepdims=True)
weights = np.zeros((vocab_size, vocab_size))


def get_batch():
    x = rng.integers(vocab_size, size=batch_size)
    return x, np.array([rng.choice(vocab_size, p=table[each]) for each in x])


def loss_of(x, y):
    logits = weights[x]
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(x)), y]).mean(), p


def get_lr(it):
    if it < warmup_iters:
        return learning_rate * (it + 1) / (warmup_iters + 1)
    if it > lr_decay_iters:
        return min_lr
    ratio = (it - warmup_iters) / (lr_decay_iters - warmup_iters)
    return min_lr + 0.5 * (1.0 + math.cos(math.pi * ratio)) * (learning_rate - min_lr)


master_process = True
if wandb_log and master_process:
    import wandb

    wandb.init(project=wandb_project, name=wandb_run_name, config=config)

iter_num, best_val_loss, running_mfu, kept = 0, 1e9, -1.0, []
while True:
    lr = get_lr(iter_num) if decay_lr else learning_rate
    if iter_num % eval_interval == 0 and master_process:
        losses = {split: np.mean([loss_of(*get_batch())[0] for _ in range(8)]) for split in ["train", "val"]}
        print(f"step {iter_num}: train loss {losses['train']:.4f}, val loss {losses['val']:.4f}")
        if wandb_log:
            row = {
                "iter": iter_num,
                "train/loss": losses["train"],
                "val/loss": losses["val"],
                "lr": lr,
                "mfu": running_mfu * 100,  # convert to percentage
            }
            wandb.log(row)
            kept.append({key: float(value) for key, value in row.items()})
    x, y = get_batch()
    loss, p = loss_of(x, y)
    gradient = p
    gradient[np.arange(batch_size), y] -= 1
    np.add.at(weights, x, -lr * gradient)
    iter_num += 1
    if iter_num > max_iters:
        break

with open(sys.argv[1], "wb") as file:
    pickle.dump({"rows": kept, "config": config}, file)
