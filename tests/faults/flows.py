"""Flows for the crash tests, each from its first request to its last effect."""

from __future__ import annotations

import itertools
from datetime import timedelta

from chalicelib.accounts import service as accounts
from chalicelib.accounts import store as accounts_store
from chalicelib.consents.jobs import announce_notices
from chalicelib.core.chain import archive
from chalicelib.core.table import Item
from chalicelib.operations.ledger_jobs import checkpoint_ledger
from chalicelib.operations.mail_jobs import note_bounces
from chalicelib.privacy.purposes import Purpose
from chalicelib.retention.consent_jobs import renew_consents
from chalicelib.usage import store as usage_store
from chalicelib.usage.figures import Figures
from chalicelib.usage.jobs import roll_up_usage
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.faults import ends
from tests.support.jobs.events import report_of_mail
from tests.support.world.builders import a_device, an_event
from tests.support.world.ledger import SETTLED, YEAR, create_archive
from tests.support.world.limits import allow, configure
from tests.support.world.notices import DAY, a_version, publish
from tests.support.world.usage import decide, ten_people
from tests.support.world.world import User

PHONE, OTHER_PHONE = "+381601111111", "+381602222222"
ADDRESS = "mila@test.example"
DEVICE = a_device(device_id="8e03978e-40d5-43e8-bc93-6894a57f9324")
KEY = {"Idempotency-Key": "5b0c1c0e-3f53-4b7b-9d6f-0d2a6a1f6a11"}


class SigningUp(Flow):
    """A sign-up by code creates an account and its user at Stream."""

    name = "signing_up"
    # A code is sent before that is recorded. If the process dies in between, the next process sends it again.
    more_messages = 1

    def play(self, run: Run) -> None:
        asked = run.app(lambda: run.world.asks_for_a_code(PHONE, DEVICE, headers=KEY))
        assert asked.status == 202
        code = run.world.code_for(PHONE)
        answer = {"code": code, "display_name": "Mila"}
        verified = run.app(lambda: run.world.verifies(asked.json["challenge_id"], **answer))
        assert verified.json["new_account"] is True
        run.deliver_changes()
        user = User(run.world, PHONE, verified.json)
        assert run.app(lambda: user.gets("/v1/profile")).status == 200


class UserFlow(Flow):
    """A flow of a user who is already signed up."""

    def prepare(self, run: Run) -> None:
        self.user = run.world.a_user(PHONE, DEVICE, display_name="Mila")
        run.deliver_changes()


class SigningInFromReserve(UserFlow):
    """A known device gets a code from its reserve after the number's limit refused one."""

    name = "signing_in_from_reserve"
    more_messages = 1  # as for signing up

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        allow(codes_per_number_day=1)

    def play(self, run: Run) -> None:
        asked = run.app(lambda: run.world.asks_for_a_code(PHONE, DEVICE, headers=KEY))
        assert asked.status == 202
        code = run.world.code_for(PHONE)
        verified = run.app(lambda: run.world.verifies(asked.json["challenge_id"], code))
        assert verified.json["new_account"] is False
        run.deliver_changes()


class SigningInByMail(UserFlow):
    """A known device gets its code by mail, because no texts arrive (ADR 78).

    The mark precedes the mail: if the process dies in between, the person requests another code.
    """

    name = "signing_in_by_mail"
    more_messages = 1

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        self.user.has_had_email(ADDRESS)
        self.mails = len(run.world.mails_to(ADDRESS))
        configure(SMS_ROUTES_OFF="RS")

    def play(self, run: Run) -> None:
        asked = run.app(lambda: run.world.asks_for_a_code(PHONE, DEVICE, headers=KEY))
        assert (asked.status, asked.json["channel"]) == (202, "email")
        if len(run.world.mails_to(ADDRESS)) == self.mails:
            asked = run.app(lambda: run.world.asks_for_a_code(PHONE, DEVICE))
        code = run.world.code_mailed_to(ADDRESS)
        verified = run.app(lambda: run.world.verifies(asked.json["challenge_id"], code))
        assert verified.json["user_id"] == self.user.user_id
        run.deliver_changes()

    def forgive(self, row: Item) -> Item | None:
        """Ignore challenges, of which there may be another one."""
        return None if row.get("kind") == "challenge" else forgive_counts(row)


class SteppingUp(UserFlow):
    """A step-up by a code to the account's own number."""

    name = "stepping_up"
    more_messages = 1  # as for signing up

    def play(self, run: Run) -> None:
        asked = run.app(lambda: self.user.asks_to_step_up(headers=KEY))
        assert asked.status == 202
        code = run.world.code_for(PHONE)
        verified = run.app(lambda: self.user.steps_up_with(asked.json["challenge_id"], code))
        assert verified.status == 200


class AddingAnAddress(UserFlow):
    """An email address is put on the profile; the number is notified before, as of its change."""

    name = "adding_an_address"
    more_messages = 1  # as for signing up
    more_when_overtaken = 1

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        self.user.is_stepped_up()

    def play(self, run: Run) -> None:
        asked = run.app(lambda: self.user.asks_for_email(ADDRESS, headers=KEY))
        assert asked.status == 202
        code = run.world.code_mailed_to(ADDRESS)
        verified = run.app(lambda: self.user.verifies_email(asked.json["challenge_id"], code))
        assert verified.json["email"] == ADDRESS
        run.deliver_changes()


class ChangingTheNumber(UserFlow):
    """A code to another number changes the number of the account.

    The old number is notified before the change, so that a process that dies in between sends it again. Two
    processes that make the change at the same time both notify it.
    """

    name = "changing_the_number"
    every = 2
    more_messages = 1
    more_when_overtaken = 1

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        self.user.has_email(ADDRESS)
        self.user.is_stepped_up()

    def play(self, run: Run) -> None:
        asked = run.app(lambda: self.user.asks_for_number(OTHER_PHONE, headers=KEY))
        assert asked.status == 202
        code = run.world.code_for(OTHER_PHONE)
        changed = run.app(lambda: self.user.verifies_number(asked.json["challenge_id"], code))
        assert changed.json["phone"] == OTHER_PHONE
        run.deliver_changes()

    def left(self) -> list[object]:
        """The accounts that the two numbers open: the user's, and a new one."""
        signed_in = [self.user.world.a_user(phone, DEVICE) for phone in (OTHER_PHONE, PHONE)]
        return [user.verified["new_account"] for user in signed_in] + [
            signed_in[0].user_id == self.user.user_id
        ]


class Consenting(UserFlow):
    """A consent is given and withdrawn; each is recorded once."""

    name = "consenting"

    def play(self, run: Run) -> None:
        assert run.app(lambda: self.user.consents("analytics")).status == 200
        assert run.app(lambda: self.user.withdraws("analytics")).status == 200


class SubmittingUsage(UserFlow):
    """Events of two days are two items and one count."""

    name = "submitting_usage"

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        decide(self.user.account_id, consents=(Purpose.ANALYTICS,))  # older than the events
        ids = (f"00000000-0000-4000-8000-{number:012}" for number in range(30))
        times = itertools.cycle(("2026-11-24T11:00:00Z", "2026-11-23T23:00:00Z"))
        self.events = [an_event(event_id=one, occurred_at=at) for one, at in zip(ids, times, strict=False)]

    def play(self, run: Run) -> None:
        reply = run.app(lambda: self.user.submits_usage(*self.events, device_id=DEVICE["device_id"]))
        assert reply.json["accepted"] == len(self.events)


class LoggingOut(UserFlow):
    """A device is logged out here, and its tokens are revoked at Stream."""

    name = "logging_out"

    def play(self, run: Run) -> None:
        ended = run.app(self.user.logs_out)
        # The other device is logged out already, so a repeated or concurrent call finds nothing.
        assert ended.status == 204 or ended.problem in {"session_ended", "not_found"}
        run.deliver_changes()
        assert run.stream.user(self.user.user_id)["revoke_tokens_issued_before"].startswith(
            "2026-11-24T11:59:56"
        )


class LoggingOutEverywhere(UserFlow):
    """All devices of an account are logged out."""

    name = "logging_out_everywhere"

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        run.world.a_user(PHONE, a_device(device_id="0b6f1d5e-7d9c-4a3e-8b39-7d5f3c1f0a22"))

    def play(self, run: Run) -> None:
        ended = run.app(lambda: self.user.calls("DELETE", "/v1/sessions"))
        assert ended.status == 204 or ended.problem == "session_ended"
        run.deliver_changes()


class Refreshing(UserFlow):
    """A session is refreshed. After a lost response the app sends its old token again."""

    name = "refreshing"

    def play(self, run: Run) -> None:
        body = {"refresh_token": self.user.session["refresh_token"], "device_id": DEVICE["device_id"]}
        fresh = run.app(lambda: run.world.call("POST", "/v1/sessions/refresh", body=body))
        assert fresh.json["refresh_token"].split(".")[2] == "1"  # at most one generation further

    def forgive(self, row: Item) -> Item | None:
        """Ignore the record that a response was lost."""
        return forgive_counts({name: value for name, value in row.items() if name != "lost"})


class ChangingTheProfile(UserFlow):
    """A profile is changed. A repeated change is refused for its version; the app reads again."""

    name = "changing_the_profile"

    def play(self, run: Run) -> None:
        etag = self.user.gets("/v1/profile").headers["etag"]
        changed = run.app(lambda: self.user.changes(etag, display_name="Milica"))
        assert changed.status == 200 or changed.problem == "changed_meanwhile"
        assert self.user.profile()["display_name"] == "Milica"
        run.deliver_changes()


class RenewingEvidence(UserFlow):
    """A consent's evidence is renewed before it expires."""

    name = "renewing_evidence"

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        self.user.consents("analytics")
        run.world.advance(5 * YEAR)

    def play(self, run: Run) -> None:
        run.spread(renew_consents, every=timedelta(minutes=5))


class RollingUp(Flow):
    """A day of ten accounts is published as figures."""

    name = "rolling_up"

    def prepare(self, run: Run) -> None:
        run.patch.setattr(usage_store, "SHARDS", ("00", "01"))  # each needs 24 queries
        for days in range(1, 31):
            past = run.world.now.date() - days * DAY
            usage_store.publish(Figures(day=past, published_at=run.world.now, figures=()))
        ten_people()
        run.world.advance(3 * DAY)

    def play(self, run: Run) -> None:
        run.schedule(roll_up_usage, every=timedelta(hours=1))
        (published,) = (row for row in ends.rows() if row.get("day") == "2026-11-24" and "figures" in row)
        assert [figure["accounts"] for figure in published["figures"]] == [10]


_archives = itertools.count(1)  # a locked object cannot be deleted


def use_new_archive() -> None:
    """Let this run store its checkpoints in an archive of its own."""
    number = next(_archives)
    name = f"ru4m-test-checkpoints-{number}"
    configure(CHECKPOINT_BUCKET=name, CHECKPOINT_KEY=f"alias/{name}")
    create_archive()


class Checkpointing(UserFlow):
    """New entries of the Ledger are signed, and the checkpoint is locked."""

    name = "checkpointing"

    def prepare(self, run: Run) -> None:
        use_new_archive()
        super().prepare(run)
        self.user.consents("analytics")
        run.world.advance(SETTLED)

    def play(self, run: Run) -> None:
        run.schedule(checkpoint_ledger, every=timedelta(hours=1))

    def left(self) -> list[object]:
        """Return the checkpoints, each with the entries it covers."""
        checkpoints = [archive.read(version) for (version,) in archive.since(1).values()]
        return [{"checkpoint": found.statement.number, "chains": len(found.leaves)} for found in checkpoints]


class Announcing(Flow):
    """A version is announced by mail and in the app, in both rounds over all accounts."""

    name = "announcing"
    # Whether an interrupted mail was sent is unknown, so the app shows the announcement instead.
    fewer_messages = 1

    def prepare(self, run: Run) -> None:
        for module in (accounts, accounts_store):
            run.patch.setattr(module, "SHARDS", ("00",))
        mila = run.world.a_user(PHONE, DEVICE, display_name="Mila")
        mila.has_email(ADDRESS)
        run.world.a_user(OTHER_PHONE, DEVICE, display_name="Vuk")
        run.deliver_changes()
        publish(a_version("2026-12-24", announced_for=60 * DAY))

    def play(self, run: Run) -> None:
        for pause in (DAY, timedelta()):
            run.spread(announce_notices, every=timedelta(minutes=5))
            run.world.advance(pause)

    def forgive(self, row: Item) -> Item | None:
        """Check that the version is announced to every account, by mail or in the app."""
        if row.get("kind") == "account_notice":
            assert row["state"] == "announced"
        # The fence of a progress record counts the runs that took the lease.
        free = {
            "account_notice": {"channel", "mail_id"},
            "announcement_progress": {"fence", "mailed", "shown"},
        }.get(row.get("kind", ""), set())
        return forgive_counts({name: value for name, value in row.items() if name not in free})


class RecordingABounce(Announcing):
    """SES reports that the mail did not arrive, so the version is shown in the app."""

    name = "recording_a_bounce"
    fewer_messages = 0

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        run.spread(announce_notices, every=timedelta(minutes=5))
        self.report = report_of_mail(run.world.mails()[-1])

    def play(self, run: Run) -> None:
        run.notify(lambda: note_bounces(self.report, None))

    def forgive(self, row: Item) -> Item | None:
        """Ignore all but the channel of an announcement, which this flow tests."""
        return forgive_counts(row)


FLOWS: tuple[type[Flow], ...] = (
    SigningUp,
    SigningInFromReserve,
    SigningInByMail,
    SteppingUp,
    AddingAnAddress,
    ChangingTheNumber,
    Consenting,
    SubmittingUsage,
    LoggingOut,
    LoggingOutEverywhere,
    Refreshing,
    ChangingTheProfile,
    Announcing,
    RecordingABounce,
    RenewingEvidence,
    RollingUp,
    Checkpointing,
)
