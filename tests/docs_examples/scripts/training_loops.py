"""The two loops of the page, with the parts of TensorFlow and PyTorch that they call stood in for by plain numbers."""

import argparse
import pickle

import stepwell as wandb


class Flags:
    """As absl's FLAGS: the values come from a method."""

    num_steps = 3
    batch_size = 4

    def flag_values_dict(self):
        return {"num_steps": self.num_steps, "batch_size": self.batch_size}


class flags:
    FLAGS = Flags()


run = wandb.init(config=flags.FLAGS, project="docs", id="tensorflow_loop")

for step in range(1, run.config.num_steps+1):
    loss, acc = 1 / step, 1 - 1 / step

    wandb.log({'acc': acc, 'loss':loss}) # log accuracy and loss
wandb.finish()

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=3)
args = parser.parse_args([])


def train(epoch):
    return 1 / epoch


def test():
    return 0.5, 0.9


# Start pytorch training
wandb.init(config=args, project="docs", id="pytorch_loop")

for epoch in range(1, args.epochs + 1):
  train_loss = train(epoch)
  test_loss, test_accuracy = test()

  with open('model', 'wb') as file:
      pickle.dump({"weight": train_loss}, file)

  wandb.log({"loss": train_loss, "val_loss": test_loss})
