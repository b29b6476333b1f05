"""Tests what the stream of Accounts brings to a phone (CALL-2, ADR 110)."""

from datetime import timedelta

import pytest

from chalicelib.accounts.sessions import store as sessions
from chalicelib.accounts.sessions.model import SecurityEventKind
from chalicelib.core import table
from chalicelib.core.ids import AccountId
from chalicelib.core.observe import EntryFailed
from chalicelib.messages.campaigns import store as campaigns
from chalicelib.messages.campaigns.model import AccountNotice, CampaignKind
from chalicelib.privacy.purposes import Practice
from chalicelib.push.model import PushKind, PushOutcome
from tests.support.cases.pushes import (
    SECOND,
    Providers,
    asked,
    deliver_changes,
    fake_providers,
    give_phones,
    sort_keys_of,
    token_of,
    work,
)
from tests.support.clouds.cloud import failing
from tests.support.faults.outages import refusal
from tests.support.roles.judge import calls_of
from tests.support.world.builders import a_device
from tests.support.world.practices import describe
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("CALL-2")


@pytest.fixture(autouse=True)
def offered(world: World) -> None:
    describe(Practice.NOTIFYING)


@pytest.fixture
def providers() -> Providers:
    return fake_providers()


@pytest.fixture
def mila(world: World) -> User:
    user = world.a_user()
    give_phones(user)
    return user


@pytest.fixture
def vera(world: World) -> User:
    user = world.a_user()
    give_phones(user)
    return user


@calls_of(None)
def notes(user: User, kind: SecurityEventKind) -> None:
    """Put a security event of a user on record."""
    table.write(sessions.event(AccountId(user.account_id), kind))


def test_invitation_reaches_its_recipient_with_its_own_id(
    mila: User, vera: User, providers: Providers
) -> None:
    mila.invites(vera)
    deliver_changes("INSERT", vera, *sort_keys_of(vera, "invitation#"))
    ((token, push),) = providers.taken
    (invitation,) = vera.gets("/v1/invitations").json["items"]
    assert (token, push.kind, push.id) == (token_of(vera), PushKind.INVITATION, invitation["invitation_id"])


@pytest.mark.parametrize(("decision", "pushed"), [("accept", [PushKind.CONTACT]), ("decline", [])])
def test_sender_of_an_invitation_is_notified_of_a_new_contact_only(
    mila: User, vera: User, providers: Providers, decision: str, pushed: list[PushKind]
) -> None:
    mila.invites(vera)
    (invitation,) = vera.gets("/v1/invitations").json["items"]
    vera.calls("POST", f"/v1/invitations/{invitation['invitation_id']}/{decision}")
    for user in (mila, vera):
        deliver_changes("INSERT", user, *sort_keys_of(user, "contact#"))
    deliver_changes("MODIFY", vera, *sort_keys_of(vera, "invitation#"))
    assert providers.kinds_to(mila) == pushed
    assert providers.kinds_to(vera) == []


def test_contact_by_a_code_is_not_pushed(mila: User, vera: User, providers: Providers) -> None:
    mila.meets(vera)
    for user in (mila, vera):
        deliver_changes("INSERT", user, *sort_keys_of(user, "contact#"))
    assert providers.taken == []


def test_row_that_is_rewritten_later_wakes_no_phone(
    world: World, mila: User, vera: User, providers: Providers
) -> None:
    """A pin, a hold or a rotation of keys rewrites rows."""
    mila.invites(vera)
    world.advance(timedelta(minutes=11))
    for event in ("INSERT", "MODIFY"):
        deliver_changes(event, vera, *sort_keys_of(vera, "invitation#"))
    assert providers.taken == []


def test_invitation_over_one_that_has_ended_is_pushed(mila: User, vera: User, providers: Providers) -> None:
    mila.invites(vera)
    deliver_changes("MODIFY", vera, *sort_keys_of(vera, "invitation#"))
    assert providers.kinds_to(vera) == [PushKind.INVITATION]


def test_late_record_of_a_decided_invitation_is_not_pushed(
    mila: User, vera: User, providers: Providers
) -> None:
    mila.invites(vera)
    keys = sort_keys_of(vera, "invitation#")
    (invitation,) = vera.gets("/v1/invitations").json["items"]
    vera.calls("POST", f"/v1/invitations/{invitation['invitation_id']}/decline")
    deliver_changes("INSERT", vera, *keys)
    assert providers.taken == []


def test_sign_in_on_a_new_device_reaches_the_other_devices(mila: User, providers: Providers) -> None:
    before = set(sort_keys_of(mila, "security#"))
    mila.signs_in_again()
    new = [one for one in sort_keys_of(mila, "security#") if one not in before]
    deliver_changes("INSERT", mila, *new)
    assert providers.kinds_to(mila) == [PushKind.SECURITY]


def test_device_that_signs_in_gets_no_push_about_itself(world: World, providers: Providers) -> None:
    mila = world.a_user()
    before = set(sort_keys_of(mila, "security#"))
    again = mila.signs_in_again()
    give_phones(again)
    new = [one for one in sort_keys_of(mila, "security#") if one not in before]
    deliver_changes("INSERT", mila, *new)
    assert providers.taken == []


def test_sign_in_on_a_known_device_is_not_pushed(world: World, providers: Providers) -> None:
    device = a_device()
    mila = world.a_user(device=device)
    give_phones(mila)
    before = set(sort_keys_of(mila, "security#"))
    world.advance(SECOND)
    world.a_user(mila.phone, device=device)
    new = [one for one in sort_keys_of(mila, "security#") if one not in before]
    assert new
    deliver_changes("INSERT", mila, *new)
    assert providers.taken == []


@pytest.mark.parametrize(
    ("kind", "pushed"),
    [
        (SecurityEventKind.SIGN_IN_WAITS, 1),
        (SecurityEventKind.NUMBER_CHANGED, 1),
        (SecurityEventKind.NUMBER_RETURNED, 1),
        (SecurityEventKind.NUMBER_PASSED, 1),
        (SecurityEventKind.PIN_REMOVED, 1),
        (SecurityEventKind.COPIED_TOKEN_REFUSED, 1),
        (SecurityEventKind.STEPPED_UP, 0),
        (SecurityEventKind.SIGNED_OUT, 0),
    ],
)
def test_security_event_that_its_owner_must_notice_is_pushed(
    world: World, mila: User, providers: Providers, kind: SecurityEventKind, pushed: int
) -> None:
    notes(mila, kind)
    deliver_changes("INSERT", mila, *sort_keys_of(mila, "security#"))
    assert len(providers.taken) == pushed


@pytest.mark.parametrize("state", ["frozen", "restricted"])
def test_security_reaches_an_account_in_which_only_rights_are_open(
    world: World, mila: User, providers: Providers, state: str
) -> None:
    world.set_state(mila, state)
    notes(mila, SecurityEventKind.NUMBER_CHANGED)
    deliver_changes("INSERT", mila, *sort_keys_of(mila, "security#"))
    assert providers.kinds_to(mila) == [PushKind.SECURITY]


def test_security_is_pushed_in_quiet_hours_too(mila: User, providers: Providers) -> None:
    etag = mila.gets("/v1/notifications").headers["etag"]
    hours = {"begins": "00:00", "ends": "00:00", "zone": "Europe/Belgrade"}
    body = {"quiet_hours": hours, "off": ["message", "invitation", "contact", "missed_call", "notice"]}
    assert mila.calls("PUT", "/v1/notifications", body=body, headers={"if-match": etag}).status == 200
    notes(mila, SecurityEventKind.NUMBER_CHANGED)
    deliver_changes("INSERT", mila, *sort_keys_of(mila, "security#"))
    assert providers.kinds_to(mila) == [PushKind.SECURITY]


def test_announced_notice_is_pushed(mila: User, providers: Providers) -> None:
    with calls_of(None):
        notice = AccountNotice.in_app(CampaignKind.ANNOUNCEMENT, "privacy-2027-01-15")
        table.write(campaigns.creation(AccountId(mila.account_id), notice))
    deliver_changes("INSERT", mila, *sort_keys_of(mila, "account_notice#"))
    assert providers.kinds_to(mila) == [PushKind.NOTICE]


def test_repeated_record_is_a_push_with_the_same_id(mila: User, providers: Providers) -> None:
    notes(mila, SecurityEventKind.NUMBER_CHANGED)
    (key,) = [one for one in sort_keys_of(mila, "security#") if "number_changed" in one]
    for _ in range(2):
        deliver_changes("INSERT", mila, key)
    assert len({push.id for _, push in providers.taken}) == 1


def test_push_waits_in_the_queue_while_a_provider_does_not_answer(
    mila: User, vera: User, providers: Providers
) -> None:
    providers.outcome = PushOutcome.UNANSWERED
    notes(mila, SecurityEventKind.NUMBER_CHANGED)
    (body,) = asked(mila, *sort_keys_of(mila, "security#"))
    assert work(body) == [body]
    providers.outcome = PushOutcome.TAKEN
    assert work(body) == []
    assert providers.kinds_to(mila) == [PushKind.SECURITY]


def test_records_are_delivered_again_if_the_queue_does_not_take_them(mila: User) -> None:
    notes(mila, SecurityEventKind.NUMBER_CHANGED)
    with (
        failing("sqs", "SendMessageBatch", refusal("ServiceUnavailable", 503)),
        pytest.raises(EntryFailed, match="Unavailable"),
    ):
        deliver_changes("INSERT", mila, *sort_keys_of(mila, "security#"))


def test_other_rows_and_deleted_accounts_are_passed_over(mila: User, providers: Providers) -> None:
    deliver_changes("INSERT", mila, "profile", "session#s_0", "contact#u_0")
    deliver_changes("REMOVE", mila, "invitation#a_0")
    assert providers.taken == []


def test_nothing_is_pushed_before_the_policy_says_so(mila: User, providers: Providers) -> None:
    describe(Practice.HIDING_STATUS)
    notes(mila, SecurityEventKind.NUMBER_CHANGED)
    deliver_changes("INSERT", mila, *sort_keys_of(mila, "security#"))
    assert providers.taken == []
