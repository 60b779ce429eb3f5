"""What a report was made with: versions, CPU, operating system."""

import importlib.metadata
import platform

import cpuinfo

PACKAGES = ("halfulp", "numpy", "mpmath", "scipy", "torch", "tensorflow", "jax", "ml_dtypes")


def environment():
    """Return names and versions of all that may change a figure, as a dict for JSON."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    cpu = cpuinfo.get_cpu_info()
    return {
        "cpu": cpu.get("brand_raw", platform.machine()),
        "architecture": platform.machine(),
        "instruction_sets": [
            f for f in cpu.get("flags", ()) if f in ("avx2", "fma", "avx512f", "asimd", "sve")
        ],
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": versions,
    }
