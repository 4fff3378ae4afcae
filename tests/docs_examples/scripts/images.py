"""Images from arrays, PIL and files: PNG by default, files byte for byte."""

import numpy as np
import PIL.Image as PIL

import stepwell as wandb

random = np.random.default_rng(1)
rgb = random.integers(0, 256, (24, 32, 3), dtype=np.uint8)
rgba = random.integers(0, 256, (24, 32, 4), dtype=np.uint8)
gray = random.integers(0, 256, (24, 32, 1), dtype=np.uint8)
floats = random.random((24, 32, 3), dtype=np.float32)
numpy_array_or_pil = rgb
images = [rgb, rgba, gray]
np.savez("pixels.npz", rgb=rgb, rgba=rgba, gray=gray, floats=floats)

wandb.init(project="docs", id="images")

wandb.log({"examples": [wandb.Image(numpy_array_or_pil, caption="Label")]})
wandb.log({"example": wandb.Image(PIL.fromarray(rgb))})
wandb.log({"example": wandb.Image(floats)})
wandb.log({"example": wandb.Image(rgb, mode="L")})
# Or multiple images
wandb.log({"example": [wandb.Image(img) for img in images]})

im = PIL.fromarray(rgba)
rgb_im = im.convert('RGB')
rgb_im.save('myimage.jpg')
wandb.log({"example": wandb.Image("myimage.jpg")})

example_images = [wandb.Image(image, caption=f"Pred: {index}") for index, image in enumerate(images)]
correct, test_loss, test_set = 8, 0.25, range(10)
wandb.log({
        "Examples": example_images,
        "Test Accuracy": 100. * correct / len(test_set),
        "Test Loss": test_loss})
wandb.log({'epoch': 1, 'val_acc': 0.94})
