"""The data: 1,797 images of handwritten digits that ship inside scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stepwell.errors import Error

if TYPE_CHECKING:
    import numpy.typing as npt

# Every fifth image, after shuffling, is held out.
_HELD_OUT = 5
_SEED = 7
# Pixels are 0 to 16.
_BRIGHTEST = 16.0


@dataclass(frozen=True)
class Digits:
    """Images and what they show.

    Attributes
    ----------
    images, labels
        For training: n × 64 float32 in [0, 1], and n integers 0 to 9.
    held_out_images, held_out_labels
        For the accuracy: the same of images that training never sees.
    """

    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]
    held_out_images: npt.NDArray[np.float32]
    held_out_labels: npt.NDArray[np.int64]

    @classmethod
    def load(cls) -> Digits:
        """Read the data.

        Raises
        ------
        Error
            If scikit-learn is missing.
        """
        try:
            from sklearn.datasets import load_digits
        except ImportError:
            raise Error(
                'the demo trains on images that ship with scikit-learn, which is missing: pip install "stepwell[demo]"'
            ) from None
        found = load_digits()
        order = np.random.default_rng(_SEED).permutation(len(found.target))
        images = (found.data[order] / _BRIGHTEST).astype(np.float32)
        labels = found.target[order].astype(np.int64)
        held_out = np.arange(len(labels)) % _HELD_OUT == 0
        return cls(images[~held_out], labels[~held_out], images[held_out], labels[held_out])
