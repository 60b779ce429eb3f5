"""The sigmoid family for NumPy, every result within half an ULP."""

from halfulp.config import show_config
from halfulp.functions import log_sigmoid, sigmoid, softplus
from halfulp.reductions import log_softmax, logsumexp, softmax

__all__ = ["log_sigmoid", "log_softmax", "logsumexp", "show_config", "sigmoid", "softmax", "softplus"]
