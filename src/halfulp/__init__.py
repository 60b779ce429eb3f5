"""The sigmoid family for NumPy, every result within half an ULP."""

from halfulp.config import show_config
from halfulp.functions import log_sigmoid, sigmoid, softplus

__all__ = ["log_sigmoid", "show_config", "sigmoid", "softplus"]
