"""Tests that share a cloud run in one process; the others run in any process."""

from pathlib import Path

import pytest

from tests.support.scheduling import OWN_CLOUD, group_of, with_numbers

_ROOT = Path(__file__).parents[2]


def test_tests_that_share_a_cloud_are_one_group() -> None:
    assert group_of("tests/e2e/test_sync.py::test_one") == group_of("tests/e2e/test_usage.py::test_two[a::b]")


@pytest.mark.parametrize("name", OWN_CLOUD)
def test_file_with_its_own_cloud_is_a_group_of_its_own(name: str) -> None:
    file = f"tests/e2e/test_{name}.py"
    assert (_ROOT / file).exists()
    assert group_of(f"{file}::test_one") == group_of(f"{file}::test_two") == file


def test_each_parameter_of_any_other_test_is_a_group_of_its_own() -> None:
    assert group_of("tests/unit/test_a.py::test_one[x]") != group_of("tests/unit/test_a.py::test_one[y]")


def test_tests_of_one_name_are_numbered_in_their_order() -> None:
    assert with_numbers(["a", "b", "a", "a"]) == ["a", "b", "a#2", "a#3"]
