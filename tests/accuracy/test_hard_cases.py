"""The hard-to-round tables, and the search that wrote them."""

import itertools
import json
import math
import shlex
from dataclasses import replace
from fractions import Fraction
from importlib.resources import as_file, files

import numpy as np
import pytest
from click.testing import CliRunner
from mpmath import mp

from halfulp.accuracy import hard_cases, midpoints
from halfulp.accuracy.hard_cases import Search, command, read_table
from halfulp.accuracy.midpoints import FUNCTIONS, locate

TABLES = list(FUNCTIONS)
STRATA = [(2.0**-12, 2.0**-11), (-(2.0**-17), -(2.0**-18)), (32.0, 37.5)]  # quick ones


def exact(name, x):
    """Return the exact result to some 1900 bits as a Fraction, by formulas that the search does not use."""
    with mp.workprec(3000):
        x = mp.mpf(x)
        half_way = (1 + mp.tanh(x / 2)) / 2
        value = {"sigmoid": lambda: half_way, "log_sigmoid": lambda: mp.log(half_way)}[name]()
        mantissa, exponent = value.man_exp  # without the sign
        return Fraction(int(mp.sign(value)) * int(mantissa)) * Fraction(2) ** int(exponent)


def distance_to_midpoint(value, output):
    """Return, as a Fraction, exact value minus nearest midpoint, in units of the spacing of the doubles."""
    neighbour = math.nextafter(output, math.inf if value > Fraction(output) else -math.inf)
    spacing = abs(Fraction(output) - Fraction(neighbour))
    return (value - (Fraction(output) + Fraction(neighbour)) / 2) / spacing


# --- tables ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_every_row_is_correctly_rounded_and_as_close_as_it_says(name):
    table = read_table(name)
    for x, output, distance in zip(*(column.tolist() for column in table), strict=True):
        value = exact(name, x)
        measured = distance_to_midpoint(value, output)
        # Between two doubles, and on the output's side of their midpoint.
        assert -Fraction(1, 2) < measured < Fraction(1, 2), x.hex()
        assert (measured > 0) == (value < Fraction(output)), x.hex()
        assert float(measured) == pytest.approx(distance, rel=1e-6), x.hex()


@pytest.mark.parametrize("name", TABLES)
def test_table_holds_the_hardest_of_every_stratum(name):
    table = read_table(name)
    assert table.inputs.size >= 1000
    assert (np.diff(table.inputs) > 0).all()
    assert np.median(np.abs(table.distances)) < 2.0**-40
    for low, high in Search(name).strata:
        inside = (table.inputs >= low) & (table.inputs < high)
        # Below 2^-47, and where log_sigmoid(x) is nearly x, the results pass fewer midpoints than that.
        if max(-low, high) > 2.0**-47 and (name, low) != ("log_sigmoid", -37.5):
            assert inside.sum() == hard_cases.KEEP
            assert np.abs(table.distances[inside]).max() < 2.0**-30


@pytest.mark.parametrize("name", TABLES)
def test_table_covers_every_binade(name):
    inputs = read_table(name).inputs
    smallest = -52 if name == "sigmoid" else -50
    positive, negative = (5, 9) if name == "sigmoid" else (9, 5)
    exponents = np.frexp(np.abs(inputs))[1] - 1
    assert set(range(smallest, positive + 1)) <= set(exponents[inputs > 0].tolist())
    assert set(range(smallest, negative + 1)) <= set(exponents[inputs < 0].tolist())


@pytest.mark.parametrize("name", TABLES)
def test_table_holds_subnormal_results(name):
    outputs = np.abs(read_table(name).outputs)
    assert (outputs < np.finfo(np.float64).smallest_normal).sum() >= 20


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("number", [3, 20, 40, -1])
def test_search_confirms_the_table(name, number):
    """What a portion finds is in the table, or no closer to a midpoint than all that the table has there."""
    low, high = Search(name).strata[number]
    table = read_table(name)
    inside = (table.inputs >= low) & (table.inputs < high)
    kept = dict(zip(table.inputs[inside].tolist(), table.distances[inside].tolist(), strict=True))
    worst = max(map(abs, kept.values()))
    found = midpoints.search_hardest(name, low, high, 0, hard_cases.KEEP)
    assert found
    assert all(x in kept or abs(distance) >= worst for x, (_, distance) in found.items())


@pytest.mark.parametrize("name", TABLES)
def test_numpy_reads_the_table(name):
    """As numpy/_core/tests/test_umath_accuracy.py reads its own."""
    with as_file(files("halfulp.accuracy") / "data" / f"hard-cases-{name}.csv") as path, open(path) as file:
        lines = [line for line in file if line[0] not in "$#"]
    names = ("type", "input", "output", "ulperr")
    types = ("|S39", "|S39", "|S39", int)
    data = np.genfromtxt(lines, dtype=types, names=names, delimiter=",", skip_header=1)
    table = read_table(name)
    assert set(data["type"]) == {b"np.float64"}
    assert set(data["ulperr"].tolist()) == {0}
    for column, values in (("input", table.inputs), ("output", table.outputs)):
        assert [int(b, 16) for b in data[column]] == values.view(np.uint64).tolist()


@pytest.mark.parametrize("name", TABLES)
def test_table_names_the_command_that_made_it(name):
    text = (files("halfulp.accuracy") / "data" / f"hard-cases-{name}.csv").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("# Written by: ")]
    program, subcommand, *arguments = shlex.split(line.removeprefix("# Written by: "))
    assert (program, subcommand) == ("halfulp-accuracy", command.name)
    parameters = command.make_context(command.name, arguments).params
    assert parameters["function"] == name
    assert parameters["rounds"] >= 20
    assert parameters["keep"] == hard_cases.KEEP


def test_softplus_is_log_sigmoid_mirrored():
    softplus, log_sigmoid = read_table("softplus"), read_table("log_sigmoid")
    assert (softplus.inputs == -log_sigmoid.inputs[::-1]).all()
    assert (softplus.outputs == -log_sigmoid.outputs[::-1]).all()
    assert (softplus.distances == -log_sigmoid.distances[::-1]).all()
    assert (np.diff(softplus.inputs) > 0).all()


def test_unknown_table():
    with pytest.raises(ValueError, match=r"tanh.*sigmoid, log_sigmoid, softplus"):
        read_table("tanh")


# --- parts of the search -----------------------------------------------------------------------------------


def test_structured_cases_are_midpoints_up_to_the_cubic_term():
    cases = list(midpoints.sigmoid_near_zero())
    assert len(set(cases)) == len(cases)
    for x in cases:
        middle = Fraction(1, 2) + Fraction(x) / 4
        below = float(middle)
        spacing = Fraction(1, 2**53) if x > 0 else Fraction(1, 2**54)
        assert abs(middle - Fraction(below)) == spacing / 2
        _, distance = locate("sigmoid", x)
        assert distance == pytest.approx(float(-(Fraction(x) ** 3) / 48 / spacing), rel=1e-12)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("x", [-708.5, -37.0, -1.0, -1e-20, 3e-17, 0.3, 30.0])
def test_locate(name, x):
    output, distance = locate(name, x)
    value = exact(name, x)
    assert abs(Fraction(output) - value) <= min(
        abs(Fraction(math.nextafter(output, end)) - value) for end in (-math.inf, math.inf)
    )
    if abs(distance) < 0.49:  # else the exact value is as good as a double, with a midpoint on either side
        assert distance == pytest.approx(float(distance_to_midpoint(value, output)), rel=1e-9)


@pytest.mark.parametrize("name", TABLES)
def test_strata_cover_the_line(name):
    strata = Search(name).strata
    gaps = [(b, c) for (_, b), (c, _) in itertools.pairwise(strata) if b != c]
    (gap,) = gaps
    assert gap[0] == -gap[1]
    assert gap[1] <= 2.0**-25
    ends = (-745.2, 37.5) if name == "sigmoid" else (-37.5, 745.2)
    assert (strata[0][0], strata[-1][1]) == ends


@pytest.mark.parametrize(("name", "low", "high"), [("sigmoid", 36.0, 37.5), ("log_sigmoid", -34.0, -33.0)])
def test_the_threshold_of_saturation_is_found(name, low, high):
    """One of two neighbouring inputs between which the result becomes 1, or x, is among the cases."""

    def saturated(x):
        return locate(name, x)[0] == (1.0 if name == "sigmoid" else x)

    assert saturated(low) != saturated(high)
    found = set()
    for number in range(len(midpoints.stratum_pieces(name, low, high))):
        found |= midpoints.search_hardest(name, low, high, number, 20).keys()
    assert any(saturated(math.nextafter(x, low)) != saturated(math.nextafter(x, high)) for x in found)


def test_portions_never_overlap():
    low, high = 2.0**-17, 2.0**-16
    first, second = (set(midpoints.search_portion("sigmoid", low, high, number, 20)) for number in (0, 1))
    pieces = len(midpoints.stratum_pieces("sigmoid", low, high))
    again = set(midpoints.search_portion("sigmoid", low, high, pieces, 20))
    assert first
    assert not first & second
    assert not first & again


# --- resuming and the command ------------------------------------------------------------------------------


def test_resumed_search_equals_an_uninterrupted_one(tmp_path):
    whole = Search("sigmoid", keep=5, strata=STRATA)
    for _ in range(10):
        whole.run_round()

    part = Search("sigmoid", keep=5, strata=STRATA)
    for _ in range(9):
        part.run_round()
    part.save(tmp_path / "checkpoint")
    resumed = Search("sigmoid", keep=5, strata=STRATA)
    resumed.load(tmp_path / "checkpoint")
    assert resumed.rounds == 9
    resumed.run_round()

    assert resumed.cases() == whole.cases()
    assert part.cases() != Search("sigmoid", keep=5, strata=STRATA).cases()


@pytest.fixture
def few_strata(monkeypatch):
    edges = (2.0**-12, 2.0**-11, 2.0**-10)
    monkeypatch.setitem(FUNCTIONS, "sigmoid", replace(FUNCTIONS["sigmoid"], edges=edges))
    edges = (2.0**-40, 2.0**-39, 2.0**-38)
    monkeypatch.setitem(FUNCTIONS, "log_sigmoid", replace(FUNCTIONS["log_sigmoid"], edges=edges))


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments])


def test_command_resumes_with_any_number_of_workers(few_strata, tmp_path):
    straight = run("sigmoid", "--rounds", 9, "--keep", 4, "--output", tmp_path / "straight.csv")
    assert straight.exit_code == 0, straight.output
    checkpoint = tmp_path / "checkpoint"
    for rounds, jobs in ((1, 1), (8, 2), (9, 2)):
        options = ("--rounds", rounds, "--jobs", jobs, "--keep", 4, "--checkpoint", checkpoint)
        result = run("sigmoid", *options, "--output", tmp_path / "resumed.csv")
        assert result.exit_code == 0, result.output
    assert (tmp_path / "resumed.csv").read_text() == (tmp_path / "straight.csv").read_text()
    assert json.loads(checkpoint.read_text())["rounds"] == 9
    assert not list(tmp_path.glob("*.tmp"))


def test_command_prints_a_table_of_softplus(few_strata):
    tables = {}
    for name in ("log_sigmoid", "softplus"):
        result = run(name, "--keep", 3)
        assert result.exit_code == 0, result.output
        rows = [row.split(",") for row in result.stdout.splitlines() if row.startswith("np.float64")]
        tables[name] = [[int(bits, 16) ^ (name == "softplus") << 63 for bits in row[1:3]] for row in rows]
    assert len(tables["softplus"]) == 6
    assert tables["softplus"] == tables["log_sigmoid"][::-1]


def damage(record, **changes):
    return json.dumps(record | changes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda r: "", "not a readable checkpoint"),
        (lambda r: json.dumps(r)[:-9], "not a readable checkpoint"),
        (lambda r: "\x00\xff", "not a readable checkpoint"),
        (lambda r: "[]", "not a readable checkpoint"),
        (lambda r: "[" * 100_000, "not a readable checkpoint"),
        (lambda r: json.dumps({k: v for k, v in r.items() if k != "rounds"}), "not a readable checkpoint"),
        (lambda r: damage(r, strata=[["0x1p0", "0x1p1"]]), "not a readable checkpoint"),
        (lambda r: damage(r, strata=[["0x1p0", "0x1p1", ["zero"]]]), "not a readable checkpoint"),
        (lambda r: damage(r, function="log_sigmoid"), "another search.*log_sigmoid"),
        (lambda r: damage(r, keep=99), "another search.*99"),
        (lambda r: damage(r, format="sweep"), "another search.*sweep"),
        (lambda r: damage(r, rounds=-1), "damaged"),
        (lambda r: damage(r, rounds=1.5), "damaged"),
        (lambda r: damage(r, rounds=True), "damaged"),
        (lambda r: damage(r, strata=r["strata"][:1]), "damaged"),
        (lambda r: damage(r, strata=[[a, b, ["nan"]] for a, b, _ in r["strata"]]), "damaged"),
        (lambda r: damage(r, strata=[[a, b, ["0x1p5"]] for a, b, _ in r["strata"]]), "damaged"),
        (lambda r: damage(r, strata=[[a, b, [a, a]] for a, b, _ in r["strata"]]), "damaged"),
        (lambda r: damage(r, strata=[[a, b, best * 9] for a, b, best in r["strata"]]), "damaged"),
    ],
)
def test_bad_checkpoint_is_refused_and_kept(few_strata, tmp_path, content, message):
    checkpoint, output = tmp_path / "checkpoint", tmp_path / "table.csv"
    search = Search("sigmoid")
    search.best = [{low: locate("sigmoid", low)} for low, _ in search.strata]
    search.save(checkpoint)
    text = content(json.loads(checkpoint.read_text()))
    checkpoint.write_text(text)
    with pytest.raises(ValueError, match=message):
        Search("sigmoid").load(checkpoint)
    result = run("sigmoid", "--checkpoint", checkpoint, "--output", output)
    assert result.exit_code == 1
    assert "Error: " in result.output
    assert "Traceback" not in result.output
    assert checkpoint.read_text() == text
    assert not output.exists()


def test_checkpoint_with_more_rounds_than_asked_for(few_strata, tmp_path):
    search = Search("sigmoid")
    search.rounds = 7
    search.save(tmp_path / "checkpoint")
    result = run("sigmoid", "--rounds", 3, "--checkpoint", tmp_path / "checkpoint")
    assert result.exit_code == 1
    assert "7 rounds" in result.output


@pytest.mark.parametrize("option", ["--output", "--checkpoint"])
def test_command_refuses_a_file_that_cannot_be_written(option):
    result = run("sigmoid", option, "no/such/table.csv")
    assert result.exit_code == 2
    assert "cannot be written: no folder no/such" in result.output


def test_command_names_the_functions_it_knows():
    result = run("tanh")
    assert result.exit_code == 2
    assert all(name in result.output for name in hard_cases.NAMES)
