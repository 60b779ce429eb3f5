"""Prints the bounds that can be proved beside those that the kernels rely on; status 1 if one does not
hold."""

import math
import sys

from .bounds import PROOFS, proved
from .kernel_source import constants


def main():
    promised = constants()
    failures = 0
    for name in PROOFS:
        try:
            bound = proved(name)
        except (ArithmeticError, LookupError, NotImplementedError) as error:
            print(f"{name:22} promised 2^{math.log2(promised[name]):.2f}, no bound proved: {error}")
            failures += 1
            continue
        except RuntimeError as error:
            sys.exit(str(error))
        verdict = "" if bound <= promised[name] else "  NOT BELOW"
        failures += bool(verdict)
        print(
            f"{name:22} promised 2^{math.log2(promised[name]):.2f}, proved 2^{math.log2(bound):.2f}{verdict}"
        )
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
