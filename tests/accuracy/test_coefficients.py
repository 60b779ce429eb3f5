"""The committed coefficients are those that the generator writes."""

from pathlib import Path

from halfulp.accuracy import coefficients

COMMITTED = Path(__file__).parents[2] / "src" / "halfulp" / "kernels" / "coefficients.pxd"


def test_committed_file_is_what_the_generator_writes(tmp_path):
    path = tmp_path / "coefficients.pxd"
    coefficients.main([str(path)])
    assert path.read_text() == COMMITTED.read_text()
