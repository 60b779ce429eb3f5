"""The sigmoid family for NumPy, every result within half an ULP."""

from halfulp.config import show_config
from halfulp.functions import log_sigmoid, sigmoid, softplus
from halfulp.reductions import log_softmax

__all__ = ["log_sigmoid", "log_softmax", "show_config", "sigmoid", "softplus"]
