"""`make alone` runs each test in a process of its own, in shares that together have every test once."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from tests.support import alone
from tests.support.alone import Share, spread

TESTS = ["a.py::one", "a.py::two", "a.py::three", "b.py::one", "c.py::one", "c.py::two"]

ONE_NEEDS_THE_OTHER = """
import pytest

LEFT = []

def test_first():
    LEFT.append(1)

@pytest.mark.parametrize("name", ["a b::c"])
def test_second(name):
    assert LEFT
"""


def test_first_test_of_each_file_comes_before_the_second_of_any() -> None:
    assert spread(TESTS) == ["a.py::one", "b.py::one", "c.py::one", "a.py::two", "c.py::two", "a.py::three"]


@pytest.mark.parametrize("count", [1, 2, 4, 7])
def test_all_shares_together_have_every_test_once(count: int) -> None:
    shares = [Share(number, count).of(TESTS) for number in range(1, count + 1)]
    assert sorted(nodeid for share in shares for nodeid in share) == sorted(TESTS)


def test_share_is_read_from_its_text() -> None:
    assert Share.parse("2/4") == Share(2, 4)


@pytest.mark.parametrize("text", ["", "1", "0/4", "5/4", "1/0", "-1/4", "a/b", "1/4/2"])
def test_text_that_names_no_share_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        Share.parse(text)


@pytest.mark.parametrize(
    ("status", "output", "passed"),
    [(0, "1 passed in 0.1s", True), (0, "1 skipped in 0.1s", False), (1, "1 passed, 1 error in 0.1s", False)],
)
def test_only_a_test_that_ran_has_passed(status: int, output: str, *, passed: bool) -> None:
    assert alone.has_passed(status, output) is passed


def test_test_that_needs_another_ones_leftovers_fails_alone(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").touch()
    (tmp_path / "test_pair.py").write_text(ONE_NEEDS_THE_OTHER)
    found = [alone.run_alone(nodeid, tmp_path) for nodeid in alone.collect(["."], tmp_path)]
    assert {result.nodeid.removeprefix("test_pair.py::test_"): result.passed for result in found} == {
        "first": True,
        "second[a b::c]": False,
    }
