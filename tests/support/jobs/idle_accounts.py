"""Idle accounts, and runs of the job that warns their owners and closes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.accounts.model import LastUse
from chalicelib.accounts.service import last_uses
from chalicelib.consents.notices.model import NoticeKind
from chalicelib.core import clock
from chalicelib.core.clock import DAY, HOUR, Pace
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.transactions import commit
from chalicelib.privacy.purposes import Practice
from chalicelib.rights.erasure.idle.jobs import close_idle_accounts
from tests.support import patches
from tests.support.cases.erasure_requests import at_step, work
from tests.support.cases.recycled import is_let_in_by
from tests.support.clouds import cloud
from tests.support.world.builders import a_schedule_event, an_address
from tests.support.world.notices import a_version, publish
from tests.support.world.world import User, World

SAYS_SO = a_version("2027-03-01", NoticeKind.PRIVACY).model_copy(
    update={"practices": frozenset({Practice.CLOSING_IDLE_ACCOUNTS})}
)


def publish_practice() -> None:
    """Publish a privacy policy, in effect from 2027-03-01, that says that idle accounts are closed."""
    publish(SAYS_SO)


def close_idle(at: datetime | None = None, **detail: Any) -> dict[str, int]:
    """Run the job as Lambda does, as of now or an instant; returns its counts."""
    event = a_schedule_event() | {"time": clock.to_text(at or clock.now()), "detail": detail}
    counts: dict[str, int] = close_idle_accounts(event, None)
    return counts


def an_owner(world: World) -> User:
    """Return a user with a verified address."""
    return world.begin(_an_owner_here)


def _an_owner_here(world: World) -> User:
    user = world.a_user()
    user.verified["address"] = an_address()
    assert user.is_stepped_up().has_email(user.verified["address"]).status == 200
    return user


def address_of(user: User) -> str:
    return str(user.verified["address"])


def use_of(user: User) -> LastUse:
    """Return the record of the last use of a user's account."""
    found = last_uses.read(AccountId(user.account_id))
    assert found
    return found


def idle_until_warned(world: World, user: User) -> None:
    """Let time pass until the first warning is due; the job has run in the hour before."""
    world.traveller.move_to(use_of(user).warnable_from - HOUR)
    close_idle()
    close_idle()
    world.advance(HOUR)


def warned_twice(world: World, user: User) -> None:
    """Let time pass until the owner was warned twice, and the closing is due."""
    idle_until_warned(world, user)
    close_idle()
    closes_at = use_of(user).closes_at
    assert closes_at
    world.traveller.move_to(closes_at - 14 * DAY)
    close_idle()
    world.traveller.move_to(closes_at)


def closes(world: World, user: User) -> RightsRequestId:
    """Let the job close a user's account; return the erasure, which waits for the end of its grace period."""
    warned_twice(world, user)
    close_idle()
    request_id = use_of(user).closing
    assert request_id
    work(world, request_id, at_step("grace"))
    return request_id


def a_newcomer(world: World, **more: Any) -> User:
    """Return a new user without an address, who is shown the policy that is in effect by now."""
    return world.a_user(privacy_version=SAYS_SO.version, **more)


def returns(world: World, user: User) -> User:
    """Sign in again with a user's number and mailbox, from a new device; without a mailbox, use a session."""
    if "address" not in user.verified:
        commit(last_uses.use_now(AccountId(user.account_id)))
        return user
    return is_let_in_by(a_newcomer(world, phone=user.phone), address_of(user))


def warnings_to(user: User) -> list[str]:
    """Return the mails to a user that warn of a closing."""
    return [text for text in cloud.mails_to(address_of(user)) if "sign in with the RU4M app" in text]


def be_fast() -> None:
    """Use two shards in place of 16, since moto's queries are slow, and do not pause between mails."""
    patches.current().setattr(last_uses, "SHARDS", ("00", "01"))
    patches.current().setattr(Pace, "wait", lambda _: None)


def an_idle_owner(world: World) -> User:
    """Return a user with an address who does not use the account; the job has tried its configuration."""
    user = an_owner(world)
    publish_practice()
    world.traveller.move_to(use_of(user).warnable_from - 30 * DAY)
    assert close_idle()["acted"] == 0
    return user
