"""Reports as documents: what the page holds, and that a real browser shows it."""

import re
import shutil
import subprocess

import numpy as np
import pytest
from matplotlib.image import imread

import halfulp
from halfulp.accuracy import implementations, page, plots, report
from halfulp.accuracy.implementations import load
from halfulp.accuracy.ulp import FORMATS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="module")
def measured():
    return [
        load("numpy"),
        load("no_such_module:sigmoid"),
        implementations.Implementation("a|b<c>", load("numpy").functions),
    ]


@pytest.fixture(scope="module")
def small_report(measured):
    functions, sets = ["sigmoid", "log_softmax"], ["extremes", "special", "dominated"]
    return report.run(functions, ["float32"], sets, measured, samples=50, jobs=1)


@pytest.fixture(scope="module")
def text(small_report, measured):
    return page.html(small_report, measured)


def test_every_link_leads_somewhere(text):
    links = set(re.findall(r'href="#([^"]+)"', text))
    assert {"sigmoid-float32", "log_softmax-float32", "sigmoid-float32-0"} <= links
    assert links <= set(re.findall(r'id="([^"]+)"', text))


def test_the_page_needs_nothing_else(text):
    assert not re.findall(r'(?:src|href)="(?!#)', text.replace('xlink:href="#', ""))
    assert "@import" not in text


def test_the_page_tells_what_the_report_found(text):
    assert text.count("<svg") == 2
    assert "ModuleNotFoundError" in text
    assert "a|b&lt;c&gt;" in text
    assert "a|b<c>" not in text.replace("a|b&lt;c&gt;", "")
    assert "0.5 ULP" in text
    assert "subnormal result" in text
    assert f"numpy {np.__version__}" in text


def test_explanations_hold_the_digits(text):
    assert "-88.7" in text or "-89" in text
    assert re.search(r"exact, 30 digits</dt><dd><code>-?\d\.\d{25,}e-\d+", text)


def test_markdown_tables_are_whole(small_report):
    lines = [line for line in page.markdown(small_report).splitlines() if line.startswith("|")]
    assert len(lines) > 15
    columns = [len(re.findall(r"(?<!\\)\|", line)) for line in lines]
    assert set(columns) == {9, 10}
    assert any("a\\|b" in line for line in lines)


def only_two_members(x):
    if x.shape[1:] != (2,):
        raise ValueError("a <lambda> says: |no\r\nrows of\\others|")
    return np.zeros_like(x)


@pytest.fixture
def no_plots(monkeypatch):
    monkeypatch.setattr(plots, "curves", lambda *_: None)
    monkeypatch.setattr(plots, "draw", lambda *_: "")


def test_an_error_on_one_set_is_told_in_every_summary(no_plots):
    one = implementations.Implementation("mine", {"softmax": only_two_members})
    found = report.run(["softmax"], ["float32"], ["long", "spread"], [one], samples=2, jobs=1)
    assert [result.count for result in found.results] == [2, 0]
    summary = page.html(found, [one]).split("<section")[0]
    assert "a &lt;lambda&gt; says" in summary
    markdown = page.markdown(found).split("\n## softmax")[0]
    assert r"a &lt;lambda&gt; says: \|no rows of\\others\| |" in markdown


def test_the_page_tells_a_broken_promise(measured, no_plots):
    for due, name in (("keeps", "sigmoid"), ("breaks", "numpy")):
        functions = {"sigmoid": halfulp.sigmoid if name == "sigmoid" else measured[0].functions["sigmoid"]}
        one = implementations.Implementation("halfulp", functions)
        found = report.run(["sigmoid"], ["float32"], ["extremes"], [one], jobs=1)
        told = re.findall(r"(keeps|breaks) correctly rounded", page.html(found, [one]))
        assert told == [due]


def test_the_largest_error_in_each_bin_is_drawn():
    ulp = np.full((plots.BINS, 3), 0.25)
    ulp[0] = [0.5, 2.0, np.nan]
    ulp[1] = np.nan
    shown = plots.largest(ulp.ravel())
    assert shown[[0, 2]].tolist() == [2.0, 0.25]
    assert np.isnan(shown[1])


def test_every_implementation_is_in_the_legend():
    form = FORMATS["float32"]
    one = implementations.Implementation("_mine:f", load("numpy").functions)
    assert "_mine:f<" in plots.draw("sigmoid", form, plots.curves("sigmoid", form, [one]))


def test_shaded_regions_of_sigmoid():
    form = FORMATS["float32"]
    found = plots.curves("sigmoid", form, [load("numpy")])
    magnitude = np.abs(found.results)
    ((first, last),) = plots.spans((magnitude > 0) & (magnitude < form.smallest_normal), found.x)
    assert -104 < first < -103.9
    assert -87.4 < last < -87.3
    assert found.errors["numpy"].max() > 1e6
    assert np.abs(found.x[np.argmax(found.errors["numpy"])] + 88.7) < 0.1


def browse(file, *arguments):
    command = [
        CHROMIUM,
        *FLAGS,
        "--enable-logging=stderr",
        f"--user-data-dir={file.parent / 'profile'}",
        *arguments,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_a_browser_shows_the_page(text, tmp_path):
    file = tmp_path / "report.html"
    file.write_text(text)
    # A link to an explanation opens it; nothing in the page raises.
    done = browse(file, "--dump-dom", f"{file.as_uri()}#sigmoid-float32-0")
    assert re.search(r'<details id="sigmoid-float32-0" open', done.stdout)
    assert not re.search(r'<details id="log_softmax-float32-0" open', done.stdout)
    assert "Uncaught" not in done.stderr
    picture = tmp_path / "page.png"
    browse(file, "--window-size=1250,1200", f"--screenshot={picture}", file.as_uri())
    pixels = imread(picture)[..., :3]
    assert pixels.shape == (1200, 1250, 3)
    colored = np.ptp(pixels, axis=2) > 0.2  # the curves and shades of a plot
    assert np.count_nonzero(colored) > 5000
