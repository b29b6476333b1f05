"""Flows of erasures, from intake to the last mark, or to the end of a cancellation."""

from __future__ import annotations

import itertools
import random
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable

from chalicelib.core.clock import DAY, MINUTE
from chalicelib.core.table import Item
from chalicelib.rights.erasure import right as erasure_right
from chalicelib.rights.request.terms import Status
from tests.faults.flows import DEVICE, OTHER_PHONE
from tests.faults.flows_kills import LEASE, UntilStopped
from tests.faults.flows_rights import RightsFlow, without_sequence_number
from tests.faults.playing import Run
from tests.support.cases import erasure_outcomes
from tests.support.cases.erasure_requests import cancels, work
from tests.support.world.ledger import create_archive
from tests.support.world.limits import configure
from tests.support.world.world import Reply

_archives = itertools.count(1)
_LONG = 10 * DAY
_LONGEST_RUN = 15 * MINUTE  # Lambda ends a worker then
_KILLS = 0.12  # the chance that a worker is killed after a side effect
_SENT = {"sesv2.SendEmail", "sns.Publish"}


class ErasureFlow(RightsFlow):
    """An erasure whose subject waives the longer grace period, beside an account that must not change."""

    # The confirmation is sent before it is noted; the others are noted before they are sent.
    more_messages = 1

    right = "erasure"

    def prepare(self, run: Run) -> None:
        number = next(_archives)  # a locked object cannot be deleted
        name = f"ru4m-test-marks-{number}"
        configure(CHECKPOINT_BUCKET=name, CHECKPOINT_KEY=f"alias/{name}")
        create_archive()
        run.stream.choose(
            task_progress="clock"
        )  # a task whose id was lost goes on, although no poll asks for it
        super().prepare(run)
        self.vuk = run.world.a_user(OTHER_PHONE, DEVICE, display_name="Vuk")
        run.deliver_changes()
        self.before = erasure_outcomes.belongings(self.user, run.stream)
        self.bystander = erasure_outcomes.belongings(self.vuk, run.stream)
        self.records: Counter[str] | None = None

    def asks(self, run: Run, **more: bool) -> None:
        super().asks(run, waive_grace=True, **more)
        erasure_outcomes.receipt_of(self.user, self.request_id)

    def advance_until(self, run: Run, until: Callable[[], bool]) -> None:
        run.advance(_LONG, until=until)
        assert until()

    def is_past(self, step: str) -> bool:
        """Return whether a step is done, or will not run any more."""
        request = self.request()
        waiting = [state.name for state in request.steps if state.status != "done"]
        return step not in waiting

    def finish(self, run: Run) -> None:
        """Advance to the end, and check the outcome of the request."""
        self.advance_until(run, lambda: self.is_past(erasure_right.SUSPEND_AT_STREAM))
        run.deliver_changes()
        self.advance_until(run, lambda: self.is_past(erasure_right.GRACE))
        self.count_records()
        self.advance_until(run, lambda: self.request().next_step is None)
        run.deliver_changes()
        self.check(run)

    def count_records(self) -> None:
        """Count once, before the deletion begins, what it has to delete."""
        if self.records is None:
            self.records = erasure_outcomes.counted(self.user)

    def check(self, run: Run) -> None:
        """Assert one of the two outcomes, and that the other account is as before."""
        if self.request().status is Status.CANCELLED:
            erasure_outcomes.assert_whole(self.user, self.request_id, run.stream, self.before, DEVICE)
        else:
            erasure_outcomes.assert_erased(self.user, self.request_id, run.stream, self.records)
        assert erasure_outcomes.belongings(self.vuk, run.stream) == self.bystander

    def left(self) -> list[object]:
        """Return what the certificate lists as remaining, and the marks in the locked bucket."""
        if self.request().status is Status.CANCELLED:
            return []
        said = erasure_outcomes.certificate_of(self.request_id).model_dump(mode="json")
        return [said["remains"], *erasure_outcomes.marks_of(self.request_id)]

    def forgive(self, row: Item) -> Item | None:
        """Ignore counts, which are lower bounds, and the path to Stream's answer.

        After a crash Stream may report that the user was deleted before. What is known about an interrupted
        message is recorded. `check` reads the certificate.
        """
        if row.get("event", "").endswith("_waits"):
            return None
        match row.get("kind"):
            case "rights_request":
                free = {"deleted", "stream", "stream_answer"}
                row = {**row, "notes": {n: v for n, v in row["notes"].items() if n not in free}}
            case "stream_check":  # it states what Stream reported
                row = {name: value for name, value in row.items() if name != "reported"}
            case "certificate":
                row = {name: value for name, value in row.items() if name != "document"}
        if row["pk"].startswith("rights#"):
            kept = {name: value for name, value in row["payload"].items() if not _is_free(name)}
            row = {**row, "payload": kept}
        return super().forgive(without_sequence_number(row))


_FREE = ("of_", "sent_", "deleted", "stream", "minutes_since_grace", "grace_ends_at")


def _is_free(name: str) -> bool:
    return name.startswith(_FREE)


class Erasing(ErasureFlow):
    """The account is erased, from the request to the certificate, the last message and the last mark."""

    name = "erasing"
    every = 23  # each step has the same effects around its own; test_erasure_kills.py tries every one
    only_in_proof = True  # test_erasure_kills.py has the samples of every run

    def play(self, run: Run) -> None:
        self.asks(run)
        self.finish(run)
        assert self.request().status is Status.COMPLETED


class KeepingTheAccount(ErasureFlow):
    """The erasure is cancelled by its receipt before the deletion; the account is as before."""

    name = "keeping_the_account"
    begins_like = Erasing.name
    every = 6
    only_in_proof = True  # test_erasure_interference.py has the samples of every run

    def play(self, run: Run) -> None:
        self.asks(run)
        self.advance_until(run, lambda: self.is_past(erasure_right.FREEZE))
        run.deliver_changes()  # stream/users/sync deactivates the user before the worker does
        self.advance_until(run, lambda: self.is_past(erasure_right.SUSPEND_AT_STREAM))
        assert run.app(lambda: cancels(self.user, self.request_id)).status == 200
        self.finish(run)
        assert self.request().status is Status.CANCELLED


ERASURES: tuple[type[ErasureFlow], ...] = (Erasing, KeepingTheAccount)


class ErasureKilledUntilStopped(UntilStopped, Erasing):
    """The worker is killed after one side effect of every run of a step; then it is retried."""

    name = "erasure_killed_until_stopped"
    step, effect = erasure_right.CONFIRM, LEASE


class KeepingKilledUntilStopped(UntilStopped, KeepingTheAccount):
    """The same for the steps that follow a cancellation."""

    name = "keeping_killed_until_stopped"
    step, effect = erasure_right.THAW, LEASE


class Interfered(ErasureFlow):
    """Another caller acts just before one of the worker's side effects."""

    name = "interfered"

    def play(self, run: Run) -> None:
        self.replies: list[Reply | None] = []
        run.watch.intruder = lambda: self.replies.append(self.interfere(run))
        self.asks(run)
        self.finish(run)
        assert len(self.replies) == 1

    @abstractmethod
    def interfere(self, run: Run, /) -> Reply | None:
        """Act while the worker is at work; returns the reply, if it is a request."""


class CancelledDuringErasure(Interfered):
    """The subject cancels by the receipt: in time, and the account is as before; or too late."""

    name = "cancelled_during_erasure"

    def interfere(self, _: Run) -> Reply:
        return cancels(self.user, self.request_id)

    def check(self, run: Run) -> None:
        super().check(run)
        (reply,) = self.replies
        assert reply
        if self.request().status is Status.CANCELLED:
            assert reply.status == 200
        else:
            assert reply.problem == "too_late"


class SignedUpDuringErasure(Interfered):
    """A person signs in with the number. It brings nothing back, and later gets a new account."""

    name = "signed_up_during_erasure"

    def interfere(self, run: Run) -> Reply:
        challenge = run.world.asks_for_a_code(self.user.phone).json["challenge_id"]
        return run.world.verifies(challenge, run.world.code_for(self.user.phone), display_name="Nova")

    def check(self, run: Run) -> None:
        self.records = None  # the sign-in adds some
        super().check(run)
        (reply,) = self.replies
        assert reply
        nova = run.world.a_user(self.user.phone, DEVICE)
        assert nova.account_id != self.user.account_id
        assert nova.user_id != self.user.user_id
        assert nova.profile().keys().isdisjoint({"name", "country", "email"})
        if reply.status == 201:
            assert reply.json["user_id"] == nova.user_id
        else:  # the number is not free yet, or the session is of the old account
            assert reply.status == 503 or reply.json["user_id"] == self.user.user_id, reply.text


class Outlived(Interfered):
    """The worker stands still for most of its time; meanwhile its lease expires, and others do the work."""

    name = "outlived"

    def interfere(self, run: Run) -> None:
        if self.is_past(erasure_right.SUSPEND_AT_STREAM):
            self.count_records()
        work(run.world, self.request_id, within=_LONGEST_RUN - MINUTE)


class KilledAgainAndAgain(Erasing):
    """Workers are killed at random side effects, often several times in a step.

    None is killed just after a mail or a text, which would be sent again.
    Those kills are in test_erasure_kills.py.
    """

    name = "killed_again_and_again"
    seed = 0

    def play(self, run: Run) -> None:
        self.asks(run)
        chance = random.Random(self.seed)  # noqa: S311 - the same kills in each run
        run.watch.kill_after = lambda call: call.name not in _SENT and chance.random() < _KILLS
        self.finish(run)
        assert run.watch.faults > 1
