"""A consent needs a subject who is old enough; a younger one's consents end."""

from typing import Any

import pytest

from chalicelib.core import table
from chalicelib.core.clock import to_text
from chalicelib.privacy.purposes import Purpose
from tests.support.faults.races import just_before
from tests.support.world.builders import PRIVACY, an_event
from tests.support.world.usage import decide
from tests.support.world.world import Reply, User, World

OLD, FIFTEEN, CHILD = "1990-01-01", "2011-06-01", "2016-11-20"  # on 24 November 2026


def consents(user: User, purpose: str = "analytics", *, of_age: bool | None = None) -> Reply:
    """Give a consent, with a statement about the age or without one."""
    body = {"state": "given", "notice_version": PRIVACY} | ({} if of_age is None else {"of_age": of_age})
    return user.calls("PUT", f"/v1/consents/{purpose}", body=body)


def changes(user: User, query: str = "", etag: str | None = None, **patch: Any) -> Reply:
    tag = etag or user.gets("/v1/profile").headers["etag"]
    return user.calls("PATCH", f"/v1/profile{query}", headers={"If-Match": tag}, body=patch)


def events(user: User, purpose: str = "analytics") -> list[dict[str, Any]]:
    """Return the events on record, newest first."""
    items = user.gets(f"/v1/consents/{purpose}/records").json["items"]
    return [record["event"] for record in items]


def states(user: User) -> dict[str, str]:
    items = user.gets("/v1/consents").json["items"]
    return {one["purpose"]: one["state"] for one in items if one["state"] != "unknown"}


@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize("said", [None, False])
def test_consent_without_a_known_age_is_refused_and_not_recorded(mila: User, *, said: bool | None) -> None:
    refused = consents(mila, of_age=said)
    assert (refused.status, refused.problem, refused.json["threshold"]) == (422, "age_unknown", 15)
    assert (states(mila), events(mila)) == ({}, [])


@pytest.mark.promise("RGT-7")
def test_statement_is_asked_once_and_on_record(mila: User) -> None:
    assert consents(mila, of_age=True).status == 200
    assert consents(mila).status == 200
    mila.withdraws("analytics")
    for purpose in ("analytics", "marketing"):
        assert consents(mila, purpose).status == 200
    given, withdrawn, first = events(mila)
    shown = {"age_threshold": 15, "age_source": "statement"}
    assert shown.items() <= first.items()
    assert shown.items() <= given.items()
    assert not withdrawn.keys() & shown.keys()


@pytest.mark.promise("RGT-7")
def test_statement_is_asked_again_where_the_age_is_higher(mila: User) -> None:
    consents(mila, of_age=True)
    changes(mila, country="DE")
    assert consents(mila, "marketing").json["threshold"] == 16
    assert consents(mila, "marketing", of_age=True).status == 200
    changes(mila, country="AT")
    assert consents(mila, "personalised_ads").status == 200
    assert events(mila, "personalised_ads")[0]["age_threshold"] == 14


@pytest.mark.promise("RGT-7")
def test_statement_about_an_earlier_consent_is_recorded(mila: User) -> None:
    decide(mila.account_id, consents=(Purpose.ANALYTICS,))
    assert consents(mila).problem == "age_unknown"
    assert consents(mila, of_age=True).status == 200
    (event,) = events(mila)
    assert (event["event_state"], event["age_source"]) == ("RenewedConsentGiven", "statement")


@pytest.mark.promise("RGT-7")
def test_date_of_birth_overrides_the_statement(mila: User) -> None:
    changes(mila, date_of_birth=CHILD)
    refused = consents(mila, of_age=True)
    assert (refused.problem, refused.json["threshold"]) == ("not_offered", 15)
    changes(mila, date_of_birth=OLD)
    assert consents(mila).status == 200
    assert events(mila)[0]["age_source"] == "date_of_birth"


@pytest.mark.promise("RGT-7", "RGT-6")
def test_withdrawal_objection_and_signal_ask_for_no_age(mila: User) -> None:
    changes(mila, date_of_birth=CHILD)
    assert mila.withdraws("analytics").status == 200
    assert mila.calls("POST", "/v1/consents/signals", body={"gpc": True}).status == 200
    assert mila.exercises("marketing_objection").status == 202
    assert mila.exercises("consent_withdrawal").status == 202


@pytest.mark.promise("RGT-7")
def test_date_of_birth_below_the_age_ends_consents_after_a_confirmation(world: World, mila: User) -> None:
    for purpose in ("analytics", "marketing"):
        consents(mila, purpose, of_age=True)
    for query in ("", "?end_consents=false"):
        asked = changes(mila, query, date_of_birth=CHILD)
        assert (asked.status, asked.problem) == (409, "would_end_consents")
        assert asked.json["purposes"] == ["analytics", "marketing"]
    assert "date_of_birth" not in mila.profile()
    assert states(mila) == {"analytics": "given", "marketing": "given"}

    etag = mila.gets("/v1/profile").headers["etag"]
    for _ in range(2):  # the first response was lost
        ended = changes(mila, "?end_consents=true", etag=etag, date_of_birth=CHILD)
        assert (ended.status, ended.json["date_of_birth"]) == (200, CHILD)
    assert states(mila) == {"analytics": "withdrawn", "marketing": "withdrawn"}
    assert [event["event_state"] for event in events(mila)] == ["ConsentWithdrawn", "ConsentGiven"]
    event = an_event(occurred_at=to_text(world.now))
    assert mila.submits_usage(event).json["dropped"] == {"no_consent": 1}
    changes(mila, date_of_birth=None)
    assert consents(mila).problem == "age_unknown"


@pytest.mark.promise("RGT-7")
def test_change_that_ends_no_consent_is_not_asked_back(mila: User) -> None:
    assert changes(mila, date_of_birth=CHILD, country="DE").status == 200
    assert changes(mila, date_of_birth=OLD).status == 200
    consents(mila)
    assert changes(mila, date_of_birth=FIFTEEN, country="RS").status == 200
    assert states(mila) == {"analytics": "given"}


@pytest.mark.promise("RGT-7")
def test_country_with_a_higher_age_ends_consents_after_a_confirmation(mila: User) -> None:
    changes(mila, date_of_birth=FIFTEEN)
    assert consents(mila).status == 200
    assert changes(mila, country="DE").problem == "would_end_consents"
    assert changes(mila, "?end_consents=true", country="DE").status == 200
    assert states(mila) == {"analytics": "withdrawn"}


def test_outdated_version_is_refused_before_consents_are_asked_about(mila: User) -> None:
    consents(mila, of_age=True)
    assert changes(mila, etag='"9"', date_of_birth=CHILD).problem == "changed_meanwhile"


@pytest.mark.parametrize("query", ["?end_consents=yes", "?end_consents=", "?end_consents=TRUE"])
def test_malformed_confirmation_is_refused(mila: User, query: str) -> None:
    assert changes(mila, query, name="Mila").problem == "invalid_request"


@pytest.mark.promise("RGT-7")
def test_consent_that_is_given_while_the_date_of_birth_is_set_is_refused(mila: User) -> None:
    first = just_before(table, "transact", lambda: changes(mila, date_of_birth=CHILD))
    assert consents(mila, of_age=True).problem == "not_offered"
    assert (first[0].status, states(mila)) == (200, {})


@pytest.mark.promise("RGT-7")
def test_date_of_birth_that_is_set_while_a_consent_is_given_is_sent_again(mila: User) -> None:
    just_before(table, "transact", lambda: consents(mila, of_age=True))
    assert changes(mila, date_of_birth=CHILD).problem == "changed_meanwhile"
    assert changes(mila, date_of_birth=CHILD).problem == "would_end_consents"


@pytest.mark.promise("RGT-7", "RGT-2")
def test_rectification_of_the_date_of_birth_ends_consents(mila: User) -> None:
    consents(mila, of_age=True)
    asked = mila.exercises("rectification", changes={"date_of_birth": CHILD})
    assert (asked.status, mila.profile()["date_of_birth"]) == (202, CHILD)
    assert [event["event_state"] for event in events(mila)] == ["ConsentWithdrawn", "ConsentGiven"]


@pytest.mark.promise("RGT-2")
def test_rectification_that_ends_consents_and_restricts_a_purpose_is_refused(mila: User) -> None:
    consents(mila, of_age=True)
    both = {"date_of_birth": CHILD, "usage_event_platform": "android"}
    refused = mila.exercises("rectification", changes=both, reason="It was another person")
    assert [error["code"] for error in refused.json["errors"]] == ["separate_request"]
