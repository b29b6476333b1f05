"""The page of promises is true and up to date."""

from infra import promises

# A part of each of these is missing. A change that adds it removes the promise here, and its `so_far`.
IN_PART = {
    "ACC-4", "RET-5", "STR-7", "STR-9", "USE-4", "USE-5", "USE-11",
}  # fmt: skip
NOT_YET: set[str] = set()


def test_page_equals_the_generated_one() -> None:
    assert promises.PAGE.read_text() == promises.page(), "run `make generate`"


def test_every_mark_names_a_promise() -> None:
    assert promises.proofs().keys() <= promises.listed().keys()


def test_code_that_keeps_a_promise_exists() -> None:
    named = [path for promise in promises.listed().values() for path in promise.get("code", [])]
    assert [path for path in named if not (promises.ROOT / path).exists()] == []


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


def test_promises_kept_in_part_have_code_and_no_text_contains_so_far() -> None:
    listed = promises.listed()
    assert [name for name in IN_PART if not listed[name].get("code")] == []
    assert [name for name, promise in listed.items() if "so far" in promise["text"].lower()] == []


def test_promise_without_code_is_shown_as_not_kept() -> None:
    listed = promises.listed()
    assert [name for name in NOT_YET if listed[name].get("code")] == []
    without = [name for name, promise in listed.items() if not promise.get("code")]
    assert promises.page().count("*Not kept yet.*") == len(without)
