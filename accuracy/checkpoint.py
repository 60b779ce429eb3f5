"""JSON files; a sweep's checkpoint: what is done, for which specification, with a hash that shows damage."""

import hashlib
import json
import os
import time
from pathlib import Path

FORMAT = "halfulp sweep checkpoint 1"
SECONDS_BETWEEN_WRITES = 5


class CheckpointError(Exception):
    """A checkpoint file is damaged, or belongs to something else."""


def write_json(path, content):
    """Write a JSON file at once: a crash leaves the old one or the new one, never half of it.

    Behind a link that is the file it leads to. A device or a pipe is not replaced, but written to.
    """
    text = json.dumps(content, indent=1, allow_nan=False) + "\n"
    if path.exists() and not path.is_file():
        path.write_text(text)
        return
    target = Path(os.path.realpath(path))
    temporary = target.with_name(target.name + ".tmp")
    temporary.write_text(text)
    os.replace(temporary, target)


def _digest(content):
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


class Checkpoint:
    """The state of one sweep in a file.

    Parameters
    ----------
    path : pathlib.Path
        Read if it is a file, created otherwise.
    specification : dict
        What is swept, and with which versions; a file for another one is refused.

    Raises
    ------
    CheckpointError
        If the file is damaged or foreign.
    """

    def __init__(self, path, specification):
        self.path = path
        self.specification = specification
        self.done, self.tally = [], None
        self.last_write = 0.0
        if path.is_file():
            self._read()

    def _read(self):
        try:
            file = json.loads(self.path.read_text())
            content = file["content"]
            known = content["format"] == FORMAT
        except (ValueError, KeyError, TypeError) as error:
            raise CheckpointError(
                f"{self.path} is no checkpoint, or a damaged one; delete it to start anew"
            ) from error
        if not known:
            raise CheckpointError(
                f"{self.path} has format {content['format']!r}; this version reads {FORMAT!r}"
            )
        if file.get("sha256") != _digest(content):
            raise CheckpointError(f"{self.path} is damaged: its hash does not match; delete it to start anew")
        if content["specification"] != self.specification:
            differing = [
                f"{key} {content['specification'].get(key)!r}, not {value!r}"
                for key, value in self.specification.items()
                if content["specification"].get(key) != value
            ]
            raise CheckpointError(f"{self.path} belongs to another sweep: {'; '.join(differing)}")
        self.done, self.tally = content["done"], content["tally"]

    def update(self, done, tally):
        """Take in the state, and write it if the last writing was some seconds ago."""
        self.done, self.tally = done, tally
        if time.monotonic() - self.last_write > SECONDS_BETWEEN_WRITES:
            self.save()

    def save(self):
        """Write the state."""
        content = {
            "format": FORMAT,
            "specification": self.specification,
            "done": self.done,
            "tally": self.tally,
        }
        write_json(self.path, {"content": content, "sha256": _digest(content)})
        self.last_write = time.monotonic()
