"""The count of the phases."""

import numpy as np
from click.testing import CliRunner

from halfulp.accuracy.phases import command, count


def test_each_phase_is_counted():
    x = np.array([1.0, 2.0, -700.0, 2.0**-53 * 2])
    assert count("sigmoid", x) == {"quick": 2, "accurate": 1, "exact": 1}


def test_command_prints_a_row_for_each_function_and_distribution():
    result = CliRunner().invoke(command, ["--samples", "2000"])
    assert result.exit_code == 0
    assert result.output.count("sigmoid") == result.output.count("softplus") == 3
    assert "uniform in bits" in result.output
