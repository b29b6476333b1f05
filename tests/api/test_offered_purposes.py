"""A consent is given and used only while a practice of the privacy policy in effect uses it."""

import json

import pytest

from chalicelib.consents.marketing import Withheld, may_personalise_ads, send_marketing
from chalicelib.consents.notices import service as notices
from chalicelib.consents.notices import versions
from chalicelib.consents.notices.model import Notice, NoticeKind, NoticeVersion
from chalicelib.core import clock
from chalicelib.core.clock import DAY, to_text
from chalicelib.core.ids import AccountId
from chalicelib.privacy.purposes import Practice, Purpose
from tests.support.clouds import cloud
from tests.support.world.builders import an_event
from tests.support.world.limits import configure
from tests.support.world.notices import a_version, publish
from tests.support.world.practices import describe
from tests.support.world.world import User, World


def decided(user: User) -> dict[str, str]:
    """Return what the list of consents shows: the state of each purpose."""
    return {one["purpose"]: one["state"] for one in user.gets("/v1/consents").json["items"]}


def dropped(user: User) -> dict[str, int]:
    event = an_event(occurred_at=to_text(user.world.now))
    return dict(user.submits_usage(event).json["dropped"])


@pytest.mark.promise("RGT-7")
@pytest.mark.parametrize("practices", [(), (Practice.CLOSING_IDLE_ACCOUNTS,)], ids=["none", "another"])
def test_policy_whose_practices_use_no_consent_offers_no_purpose(
    mila: User, practices: tuple[Practice, ...]
) -> None:
    describe(*practices)
    assert decided(mila) == {}
    refused = mila.consents("analytics")
    assert (refused.status, refused.problem) == (409, "not_offered")
    assert decided(mila) == {}
    assert not [item for item in cloud.all_items() if "previous_delete_at" in item]


@pytest.mark.promise("RGT-7")
def test_purpose_that_is_not_offered_can_be_withdrawn_and_stays_listed(mila: User) -> None:
    mila.consents("analytics")
    describe()
    assert decided(mila) == {"analytics": "given"}
    assert mila.consents("analytics").problem == "not_offered"
    assert mila.withdraws("analytics").json["state"] == "withdrawn"
    assert mila.withdraws("message_backup").status == 200
    assert decided(mila) == {"analytics": "withdrawn", "message_backup": "withdrawn"}


@pytest.mark.promise("RGT-7")
def test_withdrawal_and_objection_by_request_work_while_nothing_is_offered(mila: User) -> None:
    mila.consents("analytics")
    mila.consents("marketing")
    describe()
    for right in ("marketing_objection", "consent_withdrawal"):
        assert mila.exercises(right).json["status"] == "completed"
    assert decided(mila) == {"analytics": "withdrawn", "marketing": "withdrawn"}


@pytest.mark.promise("USE-4")
def test_signal_refuses_what_is_not_offered(mila: User) -> None:
    describe()
    mila.calls("POST", "/v1/consents/signals", body={"gpc": True})
    assert decided(mila) == {"marketing": "withdrawn", "personalised_ads": "withdrawn"}


@pytest.mark.promise("RGT-7", "NOT-1")
def test_end_of_a_practice_stops_the_use_and_keeps_the_choice_and_its_evidence(
    world: World, mila: User
) -> None:
    mila.consents("analytics")
    ending = a_version("2026-11-26", NoticeKind.PRIVACY).model_copy(update={"practices": frozenset()})
    publish(ending, a_version("2026-11-27", NoticeKind.PRIVACY))
    assert dropped(mila) == {}
    world.advance(2 * DAY)
    mila = world.a_user(mila.phone, privacy_version=ending.version)
    assert dropped(mila) == {"no_consent": 1}
    assert decided(mila) == {"analytics": "given"}
    (record,) = mila.gets("/v1/consents/analytics/records").json["items"]
    assert record["event"]["event_state"] == "ConsentGiven"
    world.advance(DAY)
    mila = world.a_user(mila.phone, privacy_version="privacy-2026-11-27")
    assert dropped(mila) == {}


@pytest.mark.promise("NOT-1")
def test_consent_names_a_notice_that_describes_its_use(mila: User) -> None:
    describe()
    newer = a_version("2026-11-01", NoticeKind.PRIVACY)
    publish(newer)
    refused = mila.consents("analytics")
    assert (refused.problem, refused.json["current"]) == ("notice_outdated", newer.version)
    assert mila.consents("analytics", newer.version).status == 200


@pytest.mark.promise("USE-5", "USE-11")
def test_consent_to_marketing_sends_nothing_while_no_practice_uses_it(mila: User) -> None:
    mila.has_email("mila@test.example")
    for purpose in ("marketing", "personalised_ads"):
        mila.consents(purpose)
    account_id = AccountId(mila.account_id)
    assert may_personalise_ads(account_id) is None
    describe()
    assert send_marketing(account_id, {"en": ("News", ("Stickers.",))}) is Withheld.NO_CONSENT
    assert may_personalise_ads(account_id) is Withheld.NO_CONSENT


def on_local(*added: Notice) -> tuple[frozenset[Purpose], set[NoticeVersion]]:
    """The purposes that are offered on stage `local` with added versions, and the names of all versions."""
    beside = [{"practices": sorted(one.practices), "digest": one.digest} for one in added]
    listed = [one.model_dump(mode="json") | more for one, more in zip(added, beside, strict=True)]
    configure(STAGE="local", NOTICES=json.dumps(listed))
    return notices.offered(), {notice.version for notice in versions.every()}


def test_policy_of_2024_offers_no_purpose() -> None:
    (first,) = (one for one in versions.PUBLISHED if one.is_first and one.kind is NoticeKind.PRIVACY)
    assert first.offers == frozenset()


OURS = frozenset({Purpose.ANALYTICS, Purpose.CONTACT_MATCHING})


def test_policy_of_ours_applies_from_the_beginning_on_the_local_stage() -> None:
    newest = {notice.version for notice in versions.FROZEN}
    assert on_local() == (OURS, newest)


def test_policy_of_2024_applies_on_the_local_stage_until_an_added_one_takes_effect() -> None:
    (ours,) = (one for one in versions.FROZEN if one.kind is NoticeKind.PRIVACY)
    coming = {"published_at": clock.now() - DAY, "effective_at": clock.now() + 20 * DAY}
    offered, listed = on_local(ours.model_copy(update=coming))
    assert (offered, {ours.version, "privacy-2024-05-08"} <= listed) == (frozenset(), True)
    begun = {"published_at": clock.now() - 20 * DAY, "effective_at": clock.now() - DAY}
    assert on_local(ours.model_copy(update=begun))[0] == OURS
