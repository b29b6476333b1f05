"""The page of promises is true and up to date."""

import ast
import re

from infra import promises
from infra.policy.facts import kept

_MODULE = """
pytestmark = [pytest.mark.promise("RET-1"), pytest.mark.usefixtures("world")]

@pytest.mark.promise("RET-2")
@pytest.mark.promise("RET-1")
def test_a() -> None: ...

def test_b() -> None: ...

@pytest.mark.parametrize("one", [pytest.param(1, marks=pytest.mark.promise("SEC-1")), 2])
def test_c(one: int) -> None: ...

def a_helper() -> None: ...
"""

# A part of each of these is missing. A change that adds it removes the promise here, and its `so_far`.
IN_PART = {
    "RET-5", "STR-2", "STR-7", "STR-9",
}  # fmt: skip
NOT_OFFERED = {"ACC-8", "USE-3", "USE-5", "USE-6", "USE-8", "USE-11"}
NOT_YET: set[str] = set()


def test_page_equals_the_generated_one() -> None:
    assert promises.PAGE.read_text() == promises.page(), "run `make generate`"


def test_every_mark_names_a_promise() -> None:
    assert promises.proofs().keys() <= promises.listed().keys()


def test_marks_of_a_module_and_of_parameters_count_for_their_tests() -> None:
    assert dict(promises.tests_in(_MODULE)) == {
        "test_a": {"RET-1", "RET-2"},
        "test_b": {"RET-1"},
        "test_c": {"RET-1", "SEC-1"},
    }
    one_mark = 'pytestmark = pytest.mark.promise("RET-1", "RET-2")\n\ndef test_a() -> None: ...\n'
    assert dict(promises.tests_in(one_mark)) == {"test_a": {"RET-1", "RET-2"}}


def test_marks_of_all_modules_are_counted() -> None:
    """A mark at another place, or with an id that is computed, would prove nothing on the page."""
    uncounted = []
    for path in sorted((promises.ROOT / "tests").rglob("*.py")):
        source = path.read_text()
        if "promise" not in source:
            continue
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        named = (one for one in calls if isinstance(one.func, ast.Attribute) and one.func.attr == "promise")
        marks = (one for one in named if ast.unparse(one.func) == "pytest.mark.promise")
        marked = {ast.unparse(one) for mark in marks for one in mark.args}
        counted = set().union(*(names for _, names in promises.tests_in(source)))
        if marked != set(map(repr, counted)):
            uncounted.append(path.name)
    assert uncounted == []


def test_page_names_tests_of_different_suites_and_files_first() -> None:
    of_two_files = ["tests/jobs/test_a.py::test_1", "tests/unit/test_a.py::test_1"]
    assert promises.chosen(of_two_files) == of_two_files[::-1]
    many = [f"tests/{file}.py::test_{n}" for file in ("e2e/test_a", "unit/test_a") for n in (1, 2, 3)]
    few = [f"tests/{file}.py::test_{n}" for file in ("jobs/test_b", "unit/test_0") for n in (1, 2)]
    assert promises.chosen([*many, *few]) == [
        "tests/unit/test_a.py::test_1",
        "tests/jobs/test_b.py::test_1",
        "tests/e2e/test_a.py::test_1",
        "tests/unit/test_0.py::test_1",
        "tests/unit/test_a.py::test_2",
    ]


def test_page_shows_at_most_five_tests_and_the_number_of_the_others() -> None:
    parts = re.split(r"^### ", promises.page(), flags=re.MULTILINE)[1:]
    entries = {part.split(maxsplit=1)[0]: part for part in parts}
    assert entries.keys() == promises.listed().keys()
    for name, entry in entries.items():
        proven = promises.proofs().get(name, [])
        shown = re.findall(r"^- `(\S+)`$", entry, re.MULTILINE)
        assert len(shown) == min(len(proven), 5)
        assert set(shown) <= set(proven)
        others = re.findall(r"^- and (\d+) other tests?$", entry, re.MULTILINE)
        assert others == ([str(len(proven) - 5)] if len(proven) > 5 else [])


def test_readme_states_how_many_promises_are_kept() -> None:
    listed = promises.listed().values()
    kept = sum("code" in one and "not_offered" not in one for one in listed)
    in_part, not_offered = (sum(key in one for one in listed) for key in ("so_far", "not_offered"))
    text = " ".join((promises.ROOT / "README.md").read_text().split())
    assert f"{kept} of {len(listed)} promises" in text
    assert f"{in_part} of these" in text
    assert f"other {len(listed) - kept} are not kept yet" in text
    assert f"{not_offered} of them are about uses that are not offered" in text


def test_code_that_keeps_a_promise_exists() -> None:
    named = [path for promise in promises.listed().values() for path in promise.get("code", [])]
    assert [path for path in named if not (promises.ROOT / path).exists()] == []


def test_promise_names_each_module_once() -> None:
    code = {name: promise.get("code", []) for name, promise in promises.listed().items()}
    assert {name: paths for name, paths in code.items() if len(set(paths)) < len(paths)} == {}


def test_promise_with_code_is_proven_by_a_test() -> None:
    proven = promises.proofs()
    claimed = [name for name, promise in promises.listed().items() if promise.get("code")]
    assert [name for name in claimed if not proven.get(name)] == []


def test_promise_proven_by_a_test_names_its_code() -> None:
    listed = promises.listed()
    assert [name for name in promises.proofs() if not listed[name].get("code")] == []


def test_promise_kept_in_part_states_what_is_done_so_far() -> None:
    listed = promises.listed()
    assert {name for name, promise in listed.items() if promise.get("so_far")} == IN_PART
    page = promises.page()
    assert [name for name in IN_PART if f"*Kept in part, so far:* {listed[name]['so_far']}" not in page] == []


def test_promise_about_a_use_that_is_not_offered_does_not_count_as_kept() -> None:
    listed = promises.listed()
    assert {name for name, promise in listed.items() if promise.get("not_offered")} == NOT_OFFERED
    page = promises.page()
    assert all(f"*Not offered. Needed:* {listed[name]['not_offered']}" in page for name in NOT_OFFERED)
    assert kept().isdisjoint(NOT_OFFERED | IN_PART)


def test_promises_kept_in_part_have_code_and_no_text_contains_so_far() -> None:
    listed = promises.listed()
    assert [name for name in IN_PART if not listed[name].get("code")] == []
    assert [name for name, promise in listed.items() if "so far" in promise["text"].lower()] == []


def test_promise_without_code_is_shown_as_not_kept() -> None:
    listed = promises.listed()
    assert [name for name in NOT_YET if listed[name].get("code")] == []
    without = [name for name, promise in listed.items() if not promise.get("code")]
    assert promises.page().count("*Not kept yet.*") == len(without)
