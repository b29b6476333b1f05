"""Tests that share a cloud run in one process; the others run in any process."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.scheduling import CRASHES, OWN_CLOUD, GroupScheduling, group_of, with_numbers

_ROOT = Path(__file__).parents[2]


def test_tests_that_share_a_cloud_are_one_group() -> None:
    assert group_of("tests/e2e/test_sync.py::test_one") == group_of("tests/e2e/test_usage.py::test_two[a::b]")


@pytest.mark.parametrize("name", OWN_CLOUD)
def test_file_with_its_own_cloud_is_a_group_of_its_own(name: str) -> None:
    file = f"tests/e2e/test_{name}.py"
    assert (_ROOT / file).exists()
    assert group_of(f"{file}::test_one") == group_of(f"{file}::test_two") == file


def test_tests_of_a_flow_are_one_group() -> None:
    killed, repeated, other = (
        group_of(f"{CRASHES}::{name}")
        for name in (
            "test_flow[talking-after]",
            "test_repeated[talking]",
            "test_flow[talking_in_a_group-after]",
        )
    )
    assert killed == repeated != other


def test_each_parameter_of_any_other_test_is_a_group_of_its_own() -> None:
    assert group_of("tests/unit/test_a.py::test_one[x]") != group_of("tests/unit/test_a.py::test_one[y]")


def test_tests_of_one_name_are_numbered_in_their_order() -> None:
    assert with_numbers(["a", "b", "a", "a"]) == ["a", "b", "a#2", "a#3"]


class FakeNode:
    """A worker that notes the places of the tests that it gets."""

    shutting_down = False

    def __init__(self) -> None:
        self.sent: list[int] = []

    def send_runtest_some(self, places: list[int]) -> None:
        self.sent += places

    def shutdown(self) -> None:
        self.shutting_down = True


def test_complete_group_is_forgotten_and_an_incomplete_one_is_kept() -> None:
    config = SimpleNamespace(getvalue=lambda _: ["popen"], option=SimpleNamespace(loadscopereorder=True))
    node, scheduling = FakeNode(), GroupScheduling(config)
    scheduling.add_node(node)
    names = ["tests/unit/test_a.py::test_one", *(f"tests/e2e/test_sync.py::test_{n}" for n in "abc")]
    scheduling.add_node_collection(node, names)
    scheduling.schedule()
    assert node.sent == [1, 2, 3]
    scheduling.mark_test_complete(node, 1)
    assert node.sent == [1, 2, 3, 0]
    scheduling.mark_test_complete(node, 0)
    assert scheduling.assigned_work[node] == {"cloud": {names[1]: True, names[2]: False, names[3]: False}}
    scheduling.mark_test_complete(node, 2)
    scheduling.mark_test_complete(node, 3)
    assert scheduling.assigned_work[node] == {}
    assert scheduling.tests_finished
