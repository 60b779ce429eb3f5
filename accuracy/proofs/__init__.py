"""Machine-checked proofs of the kernels' error bounds, run by `python -m halfulp.accuracy.proofs`.

Gappa bounds the rounding errors of the operations that it is given as the kernels' own source has them;
Sollya bounds the errors of the ratios and polynomials with the coefficients in kernels/coefficients.pxd;
bounds.py puts the two together, for comparison with the constants in kernels/bounds.pxd.
"""
