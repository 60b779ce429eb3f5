"""The plumbing: NumPy arrays in, blocks out to the kernels, threads. Knows no mathematics."""
