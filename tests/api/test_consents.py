"""Tests consents: each names its notice, one call withdraws it, and decisions are on record."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.consents import choices, store
from chalicelib.consents.notices import versions
from chalicelib.consents.notices.model import NoticeKind, NoticeVersion
from chalicelib.consents.notices.service import offered
from chalicelib.consents.service import PURPOSES
from chalicelib.core import chain, needs, table
from chalicelib.core.clock import MINUTE, to_text
from chalicelib.core.ids import AccountId
from chalicelib.privacy.purposes import Purpose, Refusal, refusal
from chalicelib.privacy.subject_keys import DATA_KEY
from tests.support.cases.recycled import is_let_in_by
from tests.support.clouds import cloud
from tests.support.faults.races import just_before
from tests.support.patches import fail_at
from tests.support.world.builders import PRIVACY, TERMS
from tests.support.world.notices import a_version, publish, record_announcement
from tests.support.world.world import Reply, User, World

CONSENT_PURPOSES = {
    "analytics",
    "marketing",
    "personalised_ads",
    "location_sharing",
    "contact_matching",
    "social_verification",
    "message_backup",
}
ANALYTICS = Purpose.ANALYTICS


@pytest.fixture
def newer() -> NoticeVersion:
    """Put a newer privacy notice into effect."""
    notice = a_version("2026-11-01", NoticeKind.PRIVACY)
    publish(notice)
    return notice.version


def consent_of(user: User, purpose: str) -> dict[str, Any]:
    """Return the current state of a consent, without the name of its purpose."""
    items = user.gets("/v1/consents").json["items"]
    (found,) = (item for item in items if item.pop("purpose") == purpose)
    return dict(found)


def history(user: User, purpose: str = ANALYTICS) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = user.gets(f"/v1/consents/{purpose}/records").json["items"]
    return items


def event_states(user: User, purpose: str = ANALYTICS) -> list[str]:
    """Return the event states of the records, newest first."""
    return [record["event"]["event_state"] for record in history(user, purpose)]


def ledger() -> list[dict[str, Any]]:
    return [item for item in cloud.all_items() if "previous_delete_at" in item]


def refusal_of_use(user: User, purpose: Purpose) -> Refusal | None:
    """Return why the account's data may not be used for a purpose, or None if it may."""
    (found,) = needs.read_accounts([AccountId(user.account_id)], (PURPOSES, DATA_KEY))
    return refusal(found[PURPOSES], purpose, offered())


@pytest.mark.promise("RGT-7", "USE-11")
def test_signup_gives_no_consent(mila: User) -> None:
    items = mila.gets("/v1/consents").json["items"]
    assert {item["purpose"] for item in items} == CONSENT_PURPOSES
    assert [item for item in items if item != {"purpose": item["purpose"], "state": "unknown"}] == []
    assert refusal_of_use(mila, Purpose.PERSONALISED_ADS) is Refusal.NO_CONSENT


@pytest.mark.promise("RGT-7")
def test_acceptance_of_notices_is_no_consent(mila: User) -> None:
    for version in (TERMS, PRIVACY):
        assert mila.calls("POST", f"/v1/notices/{version}/acceptance").status == 204
    assert {item["state"] for item in mila.gets("/v1/consents").json["items"]} == {"unknown"}


def test_consent_names_its_time_and_its_notice(world: World, mila: User) -> None:
    expected = {
        "state": "given",
        "decided_at": to_text(world.now),
        "notice_version": PRIVACY,
        "method": "explicit",
    }
    assert mila.consents("analytics").json == {"purpose": "analytics", **expected}
    world.advance(MINUTE)
    assert consent_of(mila, "analytics") == expected


@pytest.mark.promise("RGT-7", "USE-11")
@pytest.mark.parametrize("purpose", [Purpose.MARKETING, Purpose.PERSONALISED_ADS, Purpose.ANALYTICS])
def test_giving_or_withdrawing_a_consent_applies_from_the_next_read(mila: User, purpose: Purpose) -> None:
    mila.consents(purpose)
    assert refusal_of_use(mila, purpose) is None
    mila.withdraws(purpose)
    assert refusal_of_use(mila, purpose) is Refusal.NO_CONSENT


@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize("shown", ["privacy-2020-01-01", TERMS, ""], ids=["outdated", "terms", "empty"])
def test_consent_to_a_notice_that_is_not_current_is_refused_and_not_recorded(mila: User, shown: str) -> None:
    body = {"state": "given", "notice_version": shown}
    refused = mila.calls("PUT", "/v1/consents/analytics", body=body)
    assert (refused.problem, refused.json["current"]) == ("notice_outdated", PRIVACY)
    assert consent_of(mila, "analytics") == {"state": "unknown"}
    assert ledger() == []


@pytest.mark.promise("RGT-7")
def test_consent_without_a_notice_is_refused_and_not_recorded(mila: User) -> None:
    refused = mila.consents("analytics", notice_version=None)
    assert refused.problem == "invalid_request"
    assert [error["pointer"] for error in refused.json["errors"]] == ["/notice_version"]
    assert ledger() == []


@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize(
    "named",
    [{}, {"notice_version": PRIVACY}, {"notice_version": "privacy-2020-01-01"}, {"notice_version": TERMS}],
    ids=["none", "an outdated notice", "an unknown notice", "terms"],
)
def test_one_call_withdraws_a_consent_whichever_notice_it_names(
    mila: User, request: pytest.FixtureRequest, named: dict[str, str]
) -> None:
    mila.consents("analytics")
    request.getfixturevalue("newer")
    answer = mila.withdraws("analytics", **named)
    assert (answer.status, answer.json["state"]) == (200, "withdrawn")
    assert answer.json.get("notice_version") in {PRIVACY, None}


@pytest.mark.promise("RGT-7", "RGT-11")
@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_frozen_or_restricted_account_can_decide_on_consents(world: World, mila: User, state: str) -> None:
    mila.consents("analytics")
    world.set_state(mila, state)
    assert mila.withdraws("analytics").status == 200
    assert consent_of(mila, "analytics")["state"] == "withdrawn"
    assert event_states(mila) == ["ConsentWithdrawn", "ConsentGiven"]


@pytest.mark.parametrize("purpose", ["service", "diagnostics", "recording", "Marketing", "%20"])
def test_purpose_that_is_unknown_or_needs_no_consent_is_not_found(mila: User, purpose: str) -> None:
    assert mila.consents(purpose).problem == "not_found"
    assert mila.gets(f"/v1/consents/{purpose}/records").problem == "not_found"


def stored() -> list[dict[str, Any]]:
    """Return all items but the counters of limits."""
    return [item for item in cloud.all_items() if item.get("kind") != {"S": "limit"}]


@pytest.mark.parametrize("decide", [User.consents, User.withdraws], ids=["giving", "withdrawing"])
def test_repeated_decision_changes_nothing(
    world: World, mila: User, decide: Callable[[User, str], Reply]
) -> None:
    first = decide(mila, "analytics").json
    before = stored()
    world.advance(MINUTE)
    assert decide(mila, "analytics").json == first
    assert stored() == before


@pytest.mark.promise("NOT-1")
def test_unannounced_subject_may_consent_to_either_notice(mila: User, newer: NoticeVersion) -> None:
    assert mila.consents("analytics").json["notice_version"] == PRIVACY
    assert mila.consents("marketing", newer).json["notice_version"] == newer


@pytest.mark.promise("RGT-7")
def test_consent_given_again_under_a_newer_notice_is_renewed(
    world: World, mila: User, request: pytest.FixtureRequest
) -> None:
    mila.consents("analytics")
    newer = request.getfixturevalue("newer")
    record_announcement(mila, newer, at=world.now - timedelta(days=14))
    assert mila.consents("analytics").problem == "notice_outdated"
    assert mila.consents("analytics", newer).json["notice_version"] == newer
    assert event_states(mila) == ["RenewedConsentGiven", "ConsentGiven"]
    urls = [record["processing"]["privacy_notice"] for record in history(mila)]
    assert urls == ["https://ru4m.com/privacy/2026-11-01", "https://ru4m.com/privacy/2024-05-08"]


@pytest.mark.promise("RGT-7")
def test_withdrawal_without_consent_is_recorded_as_refusal(mila: User) -> None:
    mila.withdraws("analytics")
    assert event_states(mila) == ["ConsentRefused"]


@pytest.mark.promise("RGT-7")
def test_alternating_decisions_are_all_on_record(world: World, mila: User) -> None:
    for decide in (User.consents, User.withdraws, User.consents):
        decide(mila, "analytics")
        world.advance(MINUTE)
    assert event_states(mila) == ["ConsentGiven", "ConsentWithdrawn", "ConsentGiven"]


# Failures and concurrent decisions


@pytest.mark.promise("RGT-7")
def test_failed_decision_has_no_effect_and_can_be_repeated(mila: User) -> None:
    error = EndpointConnectionError(endpoint_url="https://dynamodb")
    with cloud.failing("dynamodb", "TransactWriteItems", error):
        assert mila.consents("analytics").problem == "unavailable"
    assert (consent_of(mila, "analytics"), ledger()) == ({"state": "unknown"}, [])
    assert mila.consents("analytics").status == 200
    assert event_states(mila) == ["ConsentGiven"]


@pytest.mark.promise("RGT-7")
def test_decision_with_a_lost_response_is_recorded_once(mila: User) -> None:
    with cloud.losing_responses("TransactWriteItems"):
        assert mila.consents("analytics").json["state"] == "given"
    assert event_states(mila) == ["ConsentGiven"]


@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize("earlier", ["nothing", "something"])
@pytest.mark.parametrize(("module", "moment"), [(chain, "append_write"), (table, "transact")])
def test_two_concurrent_decisions_are_both_recorded_and_the_later_applies(
    mila: User, earlier: str, module: Any, moment: str
) -> None:
    if earlier == "something":
        mila.consents("marketing")
    first = just_before(module, moment, lambda: mila.withdraws("analytics"))
    last = mila.consents("analytics")
    assert (first[0].json["state"], last.json["state"]) == ("withdrawn", "given")
    assert event_states(mila) == ["ConsentGiven", "ConsentRefused"]
    assert consent_of(mila, "analytics")["state"] == "given"


@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize(("module", "moment"), [(chain, "append_write"), (table, "transact")])
def test_concurrent_decisions_about_two_purposes_both_apply(mila: User, module: Any, moment: str) -> None:
    mila.withdraws("message_backup")
    just_before(module, moment, lambda: mila.consents("marketing"))
    mila.consents("analytics")
    assert [consent_of(mila, purpose)["state"] for purpose in ("analytics", "marketing")] == [
        "given",
        "given",
    ]


def test_identical_concurrent_decisions_are_recorded_once(mila: User) -> None:
    just_before(table, "transact", lambda: mila.consents("analytics"))
    assert mila.consents("analytics").status == 200
    assert event_states(mila) == ["ConsentGiven"]


def test_decision_is_unavailable_if_every_try_conflicts(mila: User) -> None:
    fail_at(choices, "commit", store.DecidedMeanwhile)
    assert mila.consents("analytics").problem == "unavailable"


# Recorded evidence

MANDATORY = {
    "header": {"schema_version", "record_id", "pii_principal_id"},
    "processing": {
        "privacy_notice",
        "language",
        "purpose",
        "pii_information",
        "pii_controllers",
        "storage_locations",
        "retention_period",
        "jurisdiction",
        "recipient_third_parties",
        "withdrawal_method",
    },
    "event": {"event_time", "validity_duration", "entity_id", "event_type", "event_state"},
}


@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize("purpose", sorted(CONSENT_PURPOSES))
def test_consent_record_has_every_mandatory_field_of_iso_27560(mila: User, purpose: str) -> None:
    mila.consents(purpose)
    (record,) = history(mila, purpose)
    assert record.keys() == MANDATORY.keys()
    for section, names in MANDATORY.items():
        assert [name for name in names if not record[section].get(name)] == []
    processing = record["processing"]
    assert processing["purpose"] == purpose
    assert all(kind["pii_type"].startswith("user.") for kind in processing["pii_information"])
    assert all({"party_id", "party_address"} <= party.keys() for party in processing["pii_controllers"])
    assert processing["withdrawal_method"].count(f"/v1/consents/{purpose} ") == 1
    assert record["header"]["pii_principal_id"] == record["event"]["entity_id"] == mila.user_id


def test_withdrawal_without_a_notice_names_the_notice_in_effect_at_its_time(world: World, mila: User) -> None:
    mila.withdraws("analytics")
    soon = a_version("2026-11-25", NoticeKind.PRIVACY)
    publish(soon)
    world.advance(timedelta(hours=12))
    mila = world.a_user(phone=mila.phone, privacy_version=soon.version)
    mila.withdraws("marketing")
    urls = [history(mila, p)[0]["processing"]["privacy_notice"] for p in ("analytics", "marketing")]
    assert urls == ["https://ru4m.com/privacy/2024-05-08", "https://ru4m.com/privacy/2026-11-25"]


def test_consent_to_a_version_that_this_release_lacks_names_that_version(world: World) -> None:
    gone = a_version("2026-11-20", NoticeKind.PRIVACY)
    with mock.patch.object(versions, "PUBLISHED", (*versions.PUBLISHED, gone)):
        mila = world.a_user(privacy_version=gone.version)
        assert mila.consents("analytics", gone.version).status == 200
    (record,) = history(mila)
    assert record["processing"]["privacy_notice"] == gone.version


def test_each_record_has_an_id_and_a_time_of_its_own(world: World, mila: User) -> None:
    mila.consents("analytics")
    given = world.now
    world.advance(MINUTE)
    mila.withdraws("analytics")
    withdrawn, first = history(mila)
    assert withdrawn["header"]["record_id"] != first["header"]["record_id"]
    times = [record["event"]["event_time"] for record in (withdrawn, first)]
    assert times == [to_text(given + MINUTE), to_text(given)]


def test_history_contains_one_purpose_of_one_subject(world: World, mila: User) -> None:
    vuk = world.a_user()
    mila.consents("analytics")
    vuk.withdraws("analytics")
    mila.withdraws("marketing")
    assert (event_states(mila), event_states(mila, "marketing"), event_states(vuk)) == (
        ["ConsentGiven"],
        ["ConsentRefused"],
        ["ConsentRefused"],
    )


@pytest.mark.promise("RGT-9")
def test_record_names_the_authority_of_the_declared_country_and_the_court(mila: User) -> None:
    mila.consents("analytics")
    (record,) = history(mila)
    assert [party["party_id"] for party in record["processing"]["authority_party"]] == [
        "https://www.poverenik.rs"
    ]
    mila.changes(country="AT")
    processing = history(mila)[0]["processing"]
    named = {party["party_id"]: party["party_name"] for party in processing["authority_party"]}
    assert named.keys() == {"https://www.poverenik.rs", "https://www.dsb.gv.at"}
    assert all(f"{name}, " in processing["remedy"] for name in named.values())
    assert "Higher Court in Belgrade" in processing["remedy"]


def test_long_history_is_paged(mila: User) -> None:
    for decide in (User.consents, User.withdraws) * 2:
        decide(mila, "analytics")
    mila.consents("marketing")
    pages, cursor = [], ""
    while True:
        page = mila.gets(f"/v1/consents/analytics/records?limit=2{cursor}").json
        pages.append([record["event"]["event_state"] for record in page["items"]])
        if "next_cursor" not in page:
            break
        cursor = f"&cursor={page['next_cursor']}"
    given, withdrawn = "ConsentGiven", "ConsentWithdrawn"
    assert pages == [[withdrawn], [given, withdrawn], [given]]


@pytest.mark.parametrize("cursor", ["x", "0", "2", "c", "c0", "c1", "c-1", "c%C2%B2", "c" + "9" * 20, ""])
def test_unknown_cursor_is_refused(mila: User, cursor: str) -> None:
    assert mila.gets(f"/v1/consents/analytics/records?cursor={cursor}").problem == "invalid_request"


@pytest.mark.promise("SEC-1")
def test_ledger_identifies_a_subject_by_pseudonym_only(world: World, mila: User) -> None:
    world.canaries.add("phone", mila.phone)
    world.canaries.add("account", mila.account_id)
    world.canaries.add("user", mila.user_id)
    mila.consents("analytics", **{"Sec-GPC": "1"})
    mila.withdraws("analytics")
    assert len(ledger()) == 2
    assert world.canaries.in_text(str(ledger())) == []
    assert world.canaries.in_text(world.log.getvalue()) == []


@pytest.mark.promise("SEC-1")
def test_decisions_are_not_readable_in_the_tables(mila: User) -> None:
    mila.consents("analytics")
    (item,) = cloud.records("purposes")
    # In clear: that a consent is in force, and when its evidence must be renewed.
    times = {"renewal", "renew_at"}
    assert item.keys() == {"pk", "sk", "kind", "account_id", "version", "sealed", *times}


@pytest.mark.promise("RGT-7")
def test_evidence_of_a_consent_outlasts_its_withdrawal_by_five_years(world: World, mila: User) -> None:
    mila.has_email("mila@test.example")
    mila.consents("analytics")
    given = history(mila)[0]["header"]["record_id"]
    world.advance(timedelta(days=4 * 365))
    mila = is_let_in_by(world.a_user(phone=mila.phone), "mila@test.example")
    mila.withdraws("analytics")
    world.advance(timedelta(days=5 * 365))
    (left,) = [item for item in ledger() if int(item["delete_at"]["N"]) > world.now.timestamp()]
    assert f'"replaces":{{"method":"explicit","notice_version":"{PRIVACY}","record_id":"{given}"' in str(left)
    world.advance(timedelta(days=2))
    assert all(int(item["delete_at"]["N"]) <= world.now.timestamp() for item in ledger())


# Global Privacy Control


@pytest.mark.promise("USE-4", "USE-11")
def test_browser_signal_sent_with_a_decision_refuses_marketing_and_ads(mila: User) -> None:
    mila.consents("analytics", **{"Sec-GPC": "1"})
    for purpose in ("marketing", "personalised_ads"):
        refused = consent_of(mila, purpose)
        assert (refused["state"], refused["method"]) == ("withdrawn", "gpc")
        (record,) = history(mila, purpose)
        assert (record["event"]["event_state"], record["event"]["method"]) == ("ConsentRefused", "gpc")
    assert consent_of(mila, "analytics")["state"] == "given"
    assert consent_of(mila, "message_backup") == {"state": "unknown"}


@pytest.mark.promise("USE-4")
def test_app_sends_the_signal_in_its_own_call(mila: User) -> None:
    answer = mila.calls("POST", "/v1/consents/signals", body={"gpc": True})
    refused = {item["purpose"] for item in answer.json["items"] if item.get("method") == "gpc"}
    assert refused == {"marketing", "personalised_ads"}
    before = cloud.all_items()
    assert mila.calls("POST", "/v1/consents/signals", body={"gpc": True}).json == answer.json
    assert cloud.all_items() == before


@pytest.mark.parametrize("body", [{}, {"gpc": 1}, {"gpc": "1"}, {"gpc": True, "dnt": True}], ids=str)
def test_malformed_signal_is_refused(mila: User, body: dict[str, object]) -> None:
    assert mila.calls("POST", "/v1/consents/signals", body=body).status == 400
    assert ledger() == []


def test_app_that_sends_no_signal_changes_nothing(mila: User) -> None:
    mila.calls("POST", "/v1/consents/signals", body={"gpc": True})
    before = cloud.all_items()
    assert mila.calls("POST", "/v1/consents/signals", body={"gpc": False}).status == 200
    assert cloud.all_items() == before


@pytest.mark.promise("USE-4")
@pytest.mark.parametrize(
    ("value", "counts"),
    [("1", True), ("0", False), ("", False), ("true", False), ("11", False), ("0, 1", True)],
)
def test_only_a_signal_header_that_contains_the_value_1_counts(
    mila: User, value: str, *, counts: bool
) -> None:
    mila.consents("analytics", **{"Sec-GPC": value})
    assert (consent_of(mila, "marketing")["state"] == "withdrawn") is counts


@pytest.mark.promise("RGT-7")
def test_signal_never_overrides_an_earlier_or_simultaneous_choice(mila: User) -> None:
    mila.consents("marketing")
    mila.consents("personalised_ads", **{"Sec-GPC": "1"})
    mila.calls("POST", "/v1/consents/signals", body={"gpc": True})
    for purpose in ("marketing", "personalised_ads"):
        assert (consent_of(mila, purpose)["state"], event_states(mila, purpose)) == (
            "given",
            ["ConsentGiven"],
        )


@pytest.mark.parametrize("decide", [User.consents, User.withdraws], ids=["giving", "withdrawing"])
def test_choice_after_a_signal_overrides_it(mila: User, decide: Callable[[User, str], Reply]) -> None:
    mila.calls("POST", "/v1/consents/signals", body={"gpc": True})
    assert decide(mila, "marketing").json["method"] == "explicit"
    assert consent_of(mila, "marketing")["method"] == "explicit"
    assert len(history(mila, "marketing")) == 2


@pytest.mark.promise("USE-4")
def test_reading_with_a_signal_writes_nothing(mila: User) -> None:
    mila.calls("GET", "/v1/consents", headers={"Sec-GPC": "1"})
    assert ledger() == []
