"""The chapter about the jobs that clean up: what has ended is deleted and proven, also at Stream."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.accounts.model import LastUse
from chalicelib.accounts.service import last_uses
from chalicelib.core import chain, clock, table
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, RightsRequestId, UserId
from chalicelib.core.table import Key, Query, Table
from chalicelib.core.transactions import commit
from chalicelib.retention.purge import evidence
from chalicelib.rights.erasure import certify
from chalicelib.rights.erasure.idle import plan
from chalicelib.stream.model import StreamReport
from infra.local.tour.narration import Tour
from infra.local.tour.usage import acting_as_signup
from infra.local.waiting import until

_TTL_SECONDS = 30.0  # on the local cloud; on AWS days
_RECONCILED = 60.0  # seconds: each look is a run of the job, which takes seconds on a busy machine


def clean_up(tour: Tour) -> None:
    """TTL deletes what ended, the purge what TTL left, Stream an erased user; idle accounts are counted."""
    _expire(tour)
    _purge(tour)
    _reconcile(tour)
    _look_for_idle_accounts(tour)


def _expire(tour: Tour) -> None:
    ended = Key(Table.USAGE, "tour#deleted-by-ttl", "event")
    _put_ended(tour, ended)
    tour.say("an item ended yesterday, and no job runs")
    tour.wait_for("DynamoDB's TTL has deleted the item", lambda: not _is_stored(tour, ended), _TTL_SECONDS)


def _purge(tour: Tour) -> None:
    left = Key(Table.USAGE, "tour#left-by-ttl", "event")
    with tour.cloud.without_ttl(Table.USAGE):
        _put_ended(tour, left)
        tour.say("an item ended yesterday, and TTL is late, as it may be by days")
        counts = tour.cloud.run("purge_expired")
        tour.say(
            f"purge_expired: {counts['found']} found, {counts['deleted']} deleted, {counts['spared']} spared"
        )
        tour.check("the purge has deleted what TTL left", not _is_stored(tour, left))
    with acting_as_signup(tour.cloud):
        tour.cloud.run("purge_expired")
        (newest,) = chain.newest_first(evidence.HISTORY.chain_of(clock.now()), maximum=1)
    tour.check(
        "the next run records in the Ledger that nothing is left", newest.event == evidence.NOTHING_FOUND
    )


def _put_ended(tour: Tour, key: Key) -> None:
    """Store an item that ended yesterday, with its place in the index that the purge reads."""
    ended = clock.to_epoch(clock.now() - DAY)
    with acting_as_signup(tour.cloud):
        table.put_all(Table.USAGE, [(key, {"kind": "tour", "expires_at": ended, "delete_at": ended})])


def _is_stored(tour: Tour, key: Key) -> bool:
    with acting_as_signup(tour.cloud):
        return list(table.query(Query(Table.USAGE, key.pk, expired=table.Expired.INCLUDED))) != []


def _reconcile(tour: Tour) -> None:
    user_id, erased_at = UserId.new(), clock.now() - DAY - timedelta(hours=1)
    with acting_as_signup(tour.cloud):
        commit(certify.planning_checks(RightsRequestId.new(), user_id, erased_at, StreamReport.DELETED))
    tour.stream_api().upsert_users([{"id": user_id, "name": "Somebody"}])
    tour.say("a user was erased yesterday, and Stream still has the user")
    counted = tour.cloud.run("reconcile_chat")
    tour.check("the first run of reconcile_chat only counts", not counted["acted"] and counted["found"] == 1)
    acted = tour.cloud.run("reconcile_chat")
    tour.say(f"reconcile_chat: {acted['checked']} looked for, {acted['found']} found")
    until(lambda: tour.cloud.run("reconcile_chat")["gone"], "the end of the deletion at Stream", _RECONCILED)
    state = tour.cloud.stream.user(user_id)["state"]
    tour.check("the user is deleted at Stream, and will be looked for again tomorrow", state == "pruned")


def _look_for_idle_accounts(tour: Tour) -> None:
    account_id = tour.phones["Jovan"].account_id
    with acting_as_signup(tour.cloud):
        _date_last_use(account_id, clock.now() - 1000 * DAY)
    tour.say("Jovan's account looks as if it had not been used for a thousand days")
    counted = tour.cloud.run("close_idle_accounts", {"dry_run": True})
    tour.check("close_idle_accounts counts one account to warn", counted["due"] == 1)
    tour.check("the privacy policy says that it warns and closes", bool(counted["permitted"]))
    with acting_as_signup(tour.cloud):
        _date_last_use(account_id, clock.now())


def _date_last_use(account_id: AccountId, used_at: datetime) -> None:
    """Let an account look as if it was last used at an instant."""
    if before := last_uses.read(account_id):
        after = LastUse(account_id=account_id, used_at=used_at)
        last_uses.move(before, after, plan.place(after))
