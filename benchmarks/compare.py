"""Speed of halfulp beside PyTorch, SciPy and JAX, in one run, on the same number of threads.

    pip install halfulp[bench]
    python benchmarks/compare.py

Look at the ratios, not at the times: medians of rounds in which the implementations take turns.
A peer that is not installed is left out, and the table says so.
"""

import importlib
import json
import os
import platform
import sys

PEERS = {"torch": ["torch"], "scipy": ["scipy.special"], "jax": ["jax", "jax.numpy"]}

try:
    import click
    import ml_dtypes  # noqa: F401    # for cases.py
    import rich.console
    import rich.progress
    import rich.table
except ImportError as error:
    sys.exit(f"{error.name} is missing; install the extra that has it: pip install halfulp[bench]")


def in_a_folder(context, parameter, path):
    """Refuse a file that cannot be written before the timings, not after them."""
    if path and not os.path.exists(path) and not os.access(os.path.dirname(path) or ".", os.W_OK):
        raise click.BadParameter(f"{path} cannot be written: no folder, or no permission")
    return path


@click.command(help=__doc__.split("\n")[0])
@click.option(
    "--threads", type=click.IntRange(min=1), default=os.cpu_count(), show_default=True, help="For everyone."
)
@click.option("--rounds", type=click.IntRange(min=3), default=21, show_default=True, help="Timings of each.")
@click.option("--seconds", type=float, default=0.01, show_default=True, help="Length of one timing, roughly.")
@click.option(
    "--show",
    "statistic",
    type=click.Choice(["median", "best"]),
    default="median",
    show_default=True,
    help="What the table compares; on a busy machine the best timing is the surer one.",
)
@click.option("--only", default="", help="Only cases whose group or name contains this text.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, writable=True),
    callback=in_a_folder,
    help="Also write the figures here.",
)
def main(threads, rounds, seconds, statistic, only, json_file):
    limit_threads(threads)
    import cases  # only now: NumPy, too, reads the number of threads when it is imported
    import timing

    chosen = [case for case in cases.all_cases() if only in case.group or only in case.name]
    if not chosen:
        raise click.BadParameter(f"no case has {only!r} in its group or name", param_hint="--only")
    modules = load(threads)
    results = []
    for case in rich.progress.track(
        chosen, "Timing", console=rich.console.Console(stderr=True), transient=True
    ):
        expressions = {
            name: text for name, text in case.expressions.items() if name in modules["implementations"]
        }
        names = namespace(modules, case)
        times = timing.interleaved(expressions, names, rounds, seconds)
        unit = "call" if case.group == cases.SMALL_CALLS else "element"
        row = {"group": case.group, "name": case.name, "elements": names["x"].size, "unit": unit}
        results.append({**row, "seconds": times})
    show(results, modules["implementations"], statistic, threads)
    if json_file:
        with open(json_file, "w") as file:
            json.dump(
                {"machine": machine(modules, threads), "rounds": rounds, "results": results}, file, indent=1
            )


def limit_threads(threads):
    """Before anything is imported: the same number of threads for every OpenMP, and of processors for JAX."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def load(threads):
    """Import halfulp and the peers that are installed; return the names that expressions use."""
    modules = {"halfulp": importlib.import_module("halfulp"), "implementations": ["halfulp"]}
    for peer, parts in PEERS.items():
        try:
            for part in parts:
                importlib.import_module(part)
        except ImportError:
            continue
        modules[peer] = sys.modules[peer]
        modules["implementations"].append(peer)
    if "torch" in modules:
        modules["torch"].set_num_threads(threads)
        modules["torch"].set_grad_enabled(False)
    if "jax" in modules:
        add_jax(modules)
    return modules


def add_jax(modules):
    """Compile JAX's functions; a result counts when it is ready."""
    jax = modules["jax"]
    jax.config.update("jax_enable_x64", True)
    for name in ("sigmoid", "log_sigmoid", "softplus"):
        compiled = jax.jit(getattr(jax.nn, name))
        modules[f"jax_{name}"] = lambda x, compiled=compiled: compiled(x).block_until_ready()
    for name in ("log_softmax", "softmax", "logsumexp"):
        compiled = jax.jit(getattr(jax.nn, name), static_argnums=1)
        modules[f"jax_{name}"] = lambda x, axis, compiled=compiled: compiled(x, axis).block_until_ready()


def namespace(modules, case):
    """Return what the expressions of a case refer to: modules, arrays, the same memory as tensors."""
    x = case.make_x()
    names = {**modules, "x": x}
    if "torch" in modules:
        names["t"] = tensor(modules["torch"], x)
    if "jax" in modules:
        names["j"] = modules["jax"].numpy.asarray(x)
    if case.has_out:
        names["out"] = x.copy(order="K")
        if "torch" in modules:
            names["tensor_out"] = tensor(modules["torch"], names["out"])
    return names


def tensor(torch, x):
    """Return the tensor that is the same memory; PyTorch does not know the bfloat16 of ml_dtypes."""
    if x.dtype.name == "bfloat16":
        return torch.from_numpy(x.view("int16")).view(torch.bfloat16)
    return torch.from_numpy(x)


def machine(modules, threads):
    """Return what the figures were measured on."""
    versions = {name: modules[name].__version__ for name in modules["implementations"] if name != "halfulp"}
    return {
        "halfulp": modules["halfulp"].show_config(mode="dicts"),
        "versions": versions,
        "processor": platform.processor() or platform.machine(),
        "threads": threads,
    }


def show(results, implementations, statistic, threads):
    """Print nanoseconds, and halfulp's speed as a multiple of each peer's."""
    table = rich.table.Table(
        title=f"{statistic} ns an element (small calls: a call), {threads} threads", title_justify="left"
    )
    table.add_column("case", no_wrap=True)
    for name in implementations:
        table.add_column(name, justify="right")
    for name in implementations[1:]:
        table.add_column(f"speed / {name}'s", justify="right")
    group = None
    for result in results:
        if result["group"] != group:
            group = result["group"]
            table.add_section()
            table.add_row(f"[bold]{group}")
        times = result["seconds"][statistic]
        scale = 1e9 if result["unit"] == "call" else 1e9 / max(result["elements"], 1)
        table.add_row(
            result["name"].replace("[", r"\["),
            *(f"{times[name] * scale:.3g}" if name in times else "" for name in implementations),
            *(
                f"{times[name] / times['halfulp']:.2f}" if name in times else ""
                for name in implementations[1:]
            ),
        )
    console = rich.console.Console()
    if not console.is_terminal:
        console.width = 160
    console.print(table)
    missing = [peer for peer in PEERS if peer not in implementations]
    if missing:
        print(f"Not installed, so left out: {', '.join(missing)}")


if __name__ == "__main__":
    main()
