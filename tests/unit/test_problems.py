"""Tests problems: their hierarchy, codes and document, and the preconditions of a request."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import errors
from chalicelib.core.contract_words import LimitName
from chalicelib.core.errors import PreconditionRequired, Problem
from chalicelib.core.http import ClientAddress, IfMatch


@pytest.mark.promise("USE-1")
@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
    ],
)
def test_address_is_stored_as_a_block_only(address: str, block: str) -> None:
    caller = ClientAddress(address)
    assert caller.block == block
    assert vars(caller) == {"block": block}


@pytest.mark.parametrize("value", ["*", '"1", "2"', '"1", *', ""])
def test_if_match_without_a_single_version_is_no_precondition(value: str) -> None:
    with pytest.raises(PreconditionRequired):
        IfMatch.parse(value)


def test_weak_etag_permits_no_edit() -> None:
    assert IfMatch.parse('"1"').allows('"1"')
    assert not IfMatch.parse('W/"1"').allows('"1"')


def problems(kind: type[Problem] = Problem) -> set[type[Problem]]:
    return {kind}.union(*(problems(sub) for sub in kind.__subclasses__()))


def test_every_problem_has_a_stable_code_a_status_and_a_title() -> None:
    import app  # noqa: F401 - every concept's problems exist

    by_code: dict[str, set[int]] = {}
    for problem in problems() - {Problem}:
        by_code.setdefault(problem.code, set()).add(problem.status)
        assert problem.title
    assert all(len(statuses) == 1 for statuses in by_code.values())


def test_drawn_hierarchy_is_complete() -> None:
    import app  # noqa: F401 - every concept's problems exist

    drawing = str(errors.__doc__)
    answered = {p for p in problems() if p.__module__.startswith("chalicelib")}
    missing = [p.__name__ for p in answered if p.__name__ not in drawing and p.code not in drawing]
    assert missing == []


@pytest.mark.promise("SEC-1")
@given(st.text(min_size=3))
def test_exception_text_of_a_problem_is_its_code(secret: str) -> None:
    assert str(Problem(secret, limit=secret)) == "internal_error"


def test_problem_document_follows_rfc_9457() -> None:
    document = errors.TooMany(limit=LimitName.RESEND, retry_after=3).document("r-1")
    assert document == {
        "type": "https://ru4m.com/problems/too_many_requests",
        "title": "Too many requests",
        "status": 429,
        "code": "too_many_requests",
        "detail": "Too many requests",
        "request_id": "r-1",
        "limit": "resend",
        "retry_after": 3,
    }
    json.dumps(document)


def test_members_of_problems_do_not_replace_common_members() -> None:
    import app  # noqa: F401 - every concept's problems exist

    common = Problem().document("a-request").keys()
    assert [p.code for p in problems() if common & {*p.shows, *p.may_show}] == []


def test_member_of_a_problem_does_not_replace_the_request_id() -> None:
    assert Problem(request_id="r_1").document("a-request")["request_id"] == "a-request"
