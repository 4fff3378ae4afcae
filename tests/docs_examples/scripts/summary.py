"""The summary of a training that keeps its best accuracy."""

from argparse import Namespace

import stepwell as wandb

args = Namespace(epochs=5, lr=0.1)
accuracies = [0.5, 0.7, 0.9, 0.8, 0.6]


def test():
    return 1 - accuracies[epoch - 1], accuracies[epoch - 1]


wandb.init(config=args, project="docs", id="summary")

best_accuracy = 0
for epoch in range(1, args.epochs + 1):
  test_loss, test_accuracy = test()
  wandb.log({"test_loss": test_loss, "test_accuracy": test_accuracy})
  if (test_accuracy > best_accuracy):
    wandb.run.summary["best_accuracy"] = test_accuracy
    best_accuracy = test_accuracy
