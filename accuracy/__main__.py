"""The command ``halfulp-accuracy``, also ``python -m halfulp.accuracy``: without a subcommand, the report."""

import importlib
import sys

COMMANDS = {
    "report": "halfulp.accuracy.report:command",
    "explain": "halfulp.accuracy.explain:command",
    "sweep": "halfulp.accuracy.sweep:command",
    "baseline": "halfulp.accuracy.baseline:baseline_command",
    "check": "halfulp.accuracy.baseline:check_command",
    "cases": "halfulp.accuracy.cases:command",
    "hard-cases": "halfulp.accuracy.hard_cases:command",
    "phases": "halfulp.accuracy.phases:command",
}
"""Subcommands, each with the module and the name of its click command."""


def command_line():
    """Return the command group."""
    import click

    class Group(click.Group):
        """Imports a subcommand when it is asked for; options without a subcommand are the report's."""

        def list_commands(self, context):
            return list(COMMANDS)

        def get_command(self, context, name):
            if name not in COMMANDS:
                return None
            module, _, command = COMMANDS[name].partition(":")
            return getattr(importlib.import_module(module), command)

        def parse_args(self, context, args):
            if not args or (args[0].startswith("-") and args[0] not in ("--help", "--version")):
                args = ["report", *args]
            return super().parse_args(context, args)

    @click.group(cls=Group)
    @click.version_option(package_name="halfulp")
    def group():
        """Measure the accuracy of sigmoid, log_sigmoid, softplus, log_softmax, softmax and logsumexp in ULP.

        Without a command: the report, which takes the options that `report --help` lists.
        """

    return group


def main():
    """Run the command line."""
    sys.path.append("")  # --impl finds modules in the current directory, as under python -m
    try:
        command_line()(prog_name="halfulp-accuracy")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("halfulp"):
            raise
        sys.exit(f"halfulp-accuracy needs {error.name}: pip install 'halfulp[accuracy]'")
    except (ImportError, OSError) as error:
        sys.exit(f"halfulp-accuracy: {error}")


if __name__ == "__main__":
    main()
