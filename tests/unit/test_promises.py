"""The page of promises says what is true."""

from infra import promises


def test_the_page_is_what_the_sources_say() -> None:
    assert promises.PAGE.read_text() == promises.page(), "run `make generate`"


def test_every_mark_names_a_promise() -> None:
    assert promises.proofs().keys() <= promises.listed().keys()


def test_the_code_that_keeps_a_promise_exists() -> None:
    named = [path for promise in promises.listed().values() for path in promise.get("code", [])]
    assert [path for path in named if not (promises.ROOT / path).exists()] == []


def test_a_promise_that_code_claims_to_keep_is_proven_by_a_test() -> None:
    proven = promises.proofs()
    claimed = [name for name, promise in promises.listed().items() if promise.get("code")]
    assert [name for name in claimed if not proven.get(name)] == []


def test_a_promise_that_a_test_proves_names_its_code() -> None:
    listed = promises.listed()
    assert [name for name in promises.proofs() if not listed[name].get("code")] == []
