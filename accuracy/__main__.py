"""The command ``halfulp-accuracy``, also ``python -m halfulp.accuracy``: without a subcommand, the report."""

import importlib
import sys

COMMANDS = {
    "report": "halfulp.accuracy.report",
    "sweep": "halfulp.accuracy.sweep",
    "explain": "halfulp.accuracy.explain",
}
"""Subcommands and the modules that hold them, each as a click command named ``command``."""


def command_line():
    """Return the command group."""
    import click

    class Group(click.Group):
        """Imports a subcommand when it is asked for; options without a subcommand are the report's."""

        def list_commands(self, context):
            return list(COMMANDS)

        def get_command(self, context, name):
            return importlib.import_module(COMMANDS[name]).command if name in COMMANDS else None

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
    try:
        command_line()(prog_name="halfulp-accuracy")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("halfulp"):
            raise
        sys.exit(f"halfulp-accuracy needs {error.name}: pip install 'halfulp[accuracy]'")
    except ImportError as error:
        sys.exit(f"halfulp-accuracy: {error}")


if __name__ == "__main__":
    main()
