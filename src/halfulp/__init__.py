"""The sigmoid family for NumPy, every result within half an ULP."""
