"""A pytest plugin: after the tests, the largest error that `halfulp.testing.assert_ulp` saw, by function and
dtype.

pytest loads it by its entry point; it imports nothing of halfulp's, and does nothing where `assert_ulp` was
not called.
"""

import sys


def _seen():
    testing = sys.modules.get("halfulp.testing")
    if testing is None:
        return {}
    return {" ".join(key): (s.ulp, s.where, s.count) for key, s in testing.largest_seen.items()}


def _merge(total, part):
    for key, (ulp, where, count) in part.items():
        old = total.get(key, (0.0, "", 0))
        total[key] = (*max(old[:2], (ulp, where)), old[2] + count)


def pytest_sessionfinish(session):
    """In a worker of pytest-xdist: send what was seen to the controller."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["halfulp"] = _seen()


def pytest_configure(config):
    """In a controller of pytest-xdist: collect what the workers saw."""
    if config.pluginmanager.hasplugin("xdist") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Controller(config), "halfulp-xdist")


class _Controller:
    """Receives what the workers of pytest-xdist saw."""

    def __init__(self, config):
        config._halfulp_workers = self.total = {}

    def pytest_testnodedown(self, node):
        """Add one worker's figures."""
        _merge(self.total, getattr(node, "workeroutput", {}).get("halfulp", {}))


def pytest_terminal_summary(terminalreporter, config):
    """Print a line for each function and dtype."""
    total = dict(getattr(config, "_halfulp_workers", {}))
    _merge(total, _seen())
    if not total:
        return
    terminalreporter.section("largest errors seen by halfulp.testing")
    for name, (ulp, where, count) in sorted(total.items()):
        error = "a failure" if ulp == float("inf") else f"{ulp:.6g} ULP"
        terminalreporter.write_line(f"{name}: {error} at {where}, {count} results")
