"""What the tests of reductions share."""

import ml_dtypes
import numpy as np

import halfulp

DTYPES = [np.float16, ml_dtypes.bfloat16, np.float32, np.float64]
KEEPING_SHAPE = [halfulp.log_softmax, halfulp.softmax]
FUNCTIONS = [*KEEPING_SHAPE, halfulp.logsumexp]


def bits(array):
    """Return the bits of an array's elements, in the machine's byte order."""
    array = np.asarray(array)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    return array.view(f"u{array.itemsize}")
