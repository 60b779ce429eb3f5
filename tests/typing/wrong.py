"""Mistakes that mypy finds: each line has one."""

import numpy as np

import halfulp

halfulp.sigmoid()
halfulp.sigmoid(np.zeros(2), casting="sometimes")
halfulp.sigmoid(np.zeros(2), order="Z")
halfulp.sigmoid(x=np.zeros(2))
halfulp.show_config(mode="json")
halfulp.sigmiod(1.0)
halfulp.log_softmax(np.zeros(2), axis="rows")
halfulp.log_softmax(np.zeros(2), axis=1.0)
halfulp.logsumexp(np.zeros(2), keepdims="yes")
