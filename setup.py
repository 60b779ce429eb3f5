"""Builds the extension modules: what pyproject.toml cannot say.

One module per instruction-set level comes from one source of loops. The flags of a level touch only that
level's module, which halfulp.kernels.dispatch imports only where the CPU has the level. A compiler that lacks
OpenMP, or does not know a level, gets a build without it.
"""

import glob
import os
import tempfile

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError

KERNELS = "halfulp.kernels."
LEVELS = {
    KERNELS + "loops_avx2": ["-mavx2", "-mfma"],
    KERNELS + "loops_avx512": [
        *("-mavx2", "-mfma", "-mavx512f", "-mavx512vl", "-mavx512bw", "-mavx512dq"),
        "-mprefer-vector-width=512",
    ],
}
# No flag here changes a value: contraction is off so that every level computes the same bits, and fma is
# called by name. errno and floating-point traps are not observable through this library.
KERNEL_FLAGS = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off", "-fvisibility=hidden"]
OPTIONAL_KERNEL_FLAGS = [
    # Short arrays are set to zero by vector instructions; GCC would use `rep stos`, slow to begin.
    "-fno-tree-loop-distribute-patterns",
    # Loops written once for several functions are compiled for each, however large their module has grown.
    "--param=ipa-cp-unit-growth=200",
    # The short loops are bound by the number of instructions, of which a sixth or so count and jump.
    "-funroll-loops",
    "--param=max-unroll-times=2",
]
NUMPY_API = {
    "include_dirs": [numpy.get_include()],
    "define_macros": [
        ("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"),
        ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION"),
    ],
}
IS_X86_64 = "#if !defined(__x86_64__)\n#error\n#endif\nint main(void) { return 0; }\n"
DOES_NOTHING = "int main(void) { return 0; }\n"
USES_OPENMP = "#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n"


class BuildExtensions(build_ext):
    """Adds the flags that this compiler understands, and leaves out the levels that it does not."""

    def build_extensions(self):
        if self.compiler.compiler_type == "msvc":
            self.extensions = [e for e in self.extensions if e.name not in LEVELS]
            for extension in self.extensions:
                extension.extra_compile_args = ["/O2", "/fp:precise"]
        else:
            self.extensions = [
                e for e in self.extensions if e.name not in LEVELS or self.builds(IS_X86_64, LEVELS[e.name])
            ]
            openmp = ["-fopenmp"] if self.builds(USES_OPENMP, ["-fopenmp"]) else []
            optional = [f for f in OPTIONAL_KERNEL_FLAGS if self.builds(DOES_NOTHING, ["-Werror", f])]
            for extension in self.extensions:
                extension.extra_compile_args = KERNEL_FLAGS + optional + LEVELS.get(extension.name, [])
                if extension.name.startswith("halfulp.arrays."):
                    extension.extra_compile_args += openmp
                    extension.extra_link_args = openmp
        super().build_extensions()

    def builds(self, source, flags):
        """Tell whether a small C program compiles and links with these flags."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "probe.c")
            with open(path, "w") as file:
                file.write(source)
            try:
                objects = self.compiler.compile([path], output_dir=folder, extra_postargs=flags)
                self.compiler.link_executable(objects, os.path.join(folder, "probe"), extra_postargs=flags)
            except (CompileError, LinkError):
                return False
        return True


def extensions():
    """Return every .pyx below src as an extension module."""
    shared = sorted(glob.glob("src/halfulp/**/*.px[di]", recursive=True))
    for path in sorted(glob.glob("src/halfulp/**/*.pyx", recursive=True)):
        name = os.path.splitext(os.path.relpath(path, "src"))[0].replace(os.sep, ".")
        yield Extension(
            name, [path], depends=[path, *shared], **({} if name.startswith(KERNELS) else NUMPY_API)
        )


setup(
    ext_modules=cythonize(
        list(extensions()),
        include_path=["src"],
        compiler_directives={
            "language_level": 3,
            "cdivision": True,
            "freethreading_compatible": True,
        },
    ),
    cmdclass={"build_ext": BuildExtensions},
)
