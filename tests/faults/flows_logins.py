"""Flows of username and password: setting them, and logins with them (ADR 106)."""

from __future__ import annotations

from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.challenges.model import Challenge, ChallengePurpose, ChallengeRef
from chalicelib.core.table import Item
from tests.faults.flows import ADDRESS, UserFlow
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.cases.logins import NAME, logs_in, sets_password, stepped_up
from tests.support.world.builders import a_device
from tests.support.world.limits import allow

_OTHER = a_device(device_id="2c1e6c0e-2f5a-4a55-8a68-0a1f4f7c1f07")


class SettingAPassword(UserFlow):
    """A user sets username and password, and is notified by mail before."""

    name = "setting_a_password"
    more_messages = 1  # a killed call has announced what the next one does
    more_when_overtaken = 1

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        self.user.has_had_email(ADDRESS)
        stepped_up(self.user)

    def play(self, run: Run) -> None:
        assert run.app(lambda: sets_password(self.user)).status == 204
        run.deliver_changes()
        assert run.app(lambda: self.user.gets("/v1/profile")).json["username"] == NAME


class LoggingIn(UserFlow):
    """A user logs in with a password, on another device with the code too, and on the known one without.

    A login that is repeated, because its response was lost, sends another text or opens another session.
    """

    name = "logging_in"
    only_in_proof = True
    more_messages = 1
    more_when_overtaken = 1

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        allow(logins_per_name_day=100)
        assert sets_password(self.user).status == 204

    def play(self, run: Run) -> None:
        challenge = self.ask(run)
        if not challenge.phone:  # SNS did not answer, so the code is not valid: the person logs in again
            challenge = self.ask(run)
        code = challenges.code(challenge)  # of several texts, this is the one of the response that arrived
        assert any(code in text for text in run.world.messages_to(self.user.phone))
        opened = run.app(lambda: run.world.verifies(challenge.challenge_id, code))
        assert opened.json["user_id"] == self.user.user_id
        known = run.app(lambda: logs_in(run.world, _OTHER))
        assert (known.status, known.json["user_id"]) == (200, self.user.user_id)
        run.deliver_changes()

    def ask(self, run: Run) -> Challenge:
        asked = run.app(lambda: logs_in(run.world, _OTHER))
        assert asked.status == 202
        challenge = challenges.get(ChallengeRef(ChallengePurpose.SIGNUP, asked.json["challenge_id"]))
        assert challenge
        return challenge

    def forgive(self, row: Item) -> Item | None:
        """Ignore challenges and sessions, of which there may be another one, and count no right tries."""
        repeated = {"challenge", "session", "session_device", "security_event"}
        if row.get("kind") == "chosen_secret":
            row = {**row, "version": 1}
        return None if row.get("kind") in repeated else forgive_counts(row)


LOGINS: tuple[type[Flow], ...] = (SettingAPassword, LoggingIn)
