"""A report of a message, from its receipt to the answer to the appeal."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chalicelib.core.clock import HOUR, MINUTE
from chalicelib.core.table import Item
from chalicelib.privacy.purposes import Practice
from chalicelib.safety.jobs import work_on_reports
from tests.faults.flows import DEVICE, KEY
from tests.faults.flows_conversations import TalkingFlow
from tests.faults.playing import Flow, Run
from tests.support.cases.abuse import FACTS, answers, appeals, calls, decides, decisions_about, reports, says
from tests.support.cases.images import a_png
from tests.support.cases.reported_files import content_of, looks_at, sends_file
from tests.support.pages.visitor import Visitor
from tests.support.world.practices import describe
from tests.support.world.world import Reply

_IN_EITHER_ORDER = {"carried_out", "notified_by_text"}
_DECIDED = {"rule": "harassment", "measures": ["remove_messages", "suspend"], "facts": FACTS, "days": 7}


class ReportingAMessage(TalkingFlow):
    """A message, and one with a file, are reported, one is removed, its author suspended, the appeal upheld.

    A decision, an appeal and its answer whose responses were lost are refused when they are repeated: the
    list shows that they took effect. A notice may precede a removal that was tried again.
    """

    name = "reporting_a_message"
    keeps_time = False  # a killed run keeps the file a minute later
    every = 2
    more_messages = 1  # a notice that was not recorded is sent again

    def prepare(self, run: Run) -> None:
        describe(Practice.REPORTING)
        super().prepare(run)
        self.talk = str(self.user.opens(self.other).json["conversation_id"])
        run.deliver_changes()
        with TemporaryDirectory() as folder:
            sends_file(self.other, self.talk, a_png(), Path(folder), "m-2")
        says(self.other, self.talk)
        self.alice, self.bob = (run.world.an_operator(name) for name in ("alice", "bob"))

    def play(self, run: Run) -> None:
        named: dict[str, Any] = {"conversation_id": self.talk, "message_ids": ["m-1", "m-2"]}
        made = run.app(lambda: reports(self.user, self.other, headers=KEY, **named))
        assert made.status == 201
        report = made.json["abuse_report_id"]
        run.schedule(work_on_reports, every=MINUTE)  # a killed request has copied nothing
        run.world.advance(MINUTE)
        run.schedule(work_on_reports, every=MINUTE)  # a killed run has kept no file
        opened = run.app(lambda: looks_at(self.alice, report)).json
        assert content_of(opened) == a_png()
        decided = run.app(lambda: decides(self.alice, report, message_ids=["m-1"], **_DECIDED))
        assert decided.status in {201, 409}
        run.deliver_changes()
        for _ in range(2):  # what fails twice is tried some minutes later
            run.schedule(work_on_reports, every=MINUTE)
            run.world.advance(5 * MINUTE)
        owner = run.world.a_user(self.other.phone, DEVICE)
        (decision,) = decisions_about(owner)
        path = f"/safety-decisions/{decision['safety_decision_id']}"
        assert run.app(lambda: appeals(owner, path)).status in {200, 409}
        assert run.app(lambda: answers(self.bob, path)).status in {200, 409}
        (decision,) = decisions_about(owner)
        for _ in range(4):  # after two kills a part is tried later; the user is let in by two runs
            run.world.advance(HOUR)
            run.schedule(work_on_reports, every=MINUTE)
        run.deliver_changes()
        assert (decision["state"], decision["appeal"]["outcome"]) == ("reversed", "upheld")

    def forgive(self, row: Item) -> Item | None:
        """Ignore tries of the job, places by time, the key of the file, and Stream's time of it."""
        ignored = {"work", "answer_by"} | ({"seq", "sk"} if row.get("event") in _IN_EITHER_ORDER else set())
        kept = {name: value for name, value in row.items() if name not in ignored}
        if files := row.get("files"):
            kept["files"] = [one | {"data_key": None} for one in files]
        if messages := row.get("messages"):
            kept["messages"] = [one | {"sent_at": None} for one in messages]
        return super().forgive(kept)


class ReportingOnTheSite(Flow):
    """A person without an account reports on the site, an operator dismisses it, and the answer is mailed."""

    name = "reporting_on_the_site"
    keeps_time = False  # the job mails an hour later, if it was killed
    only_in_proof = True
    more_messages = 2  # a code, as for signing up; an answer whose mail was not recorded is mailed again

    def prepare(self, run: Run) -> None:
        describe(Practice.REPORTING)
        self.visitor = Visitor(run.world).opens("/privacy/report")
        self.ana = run.world.an_operator("ana")

    def play(self, run: Run) -> None:
        typed = {"reason": "fraud", "described": "Jovan", "text": "He sells what he does not have."}
        self._press(run, "Send", email=_MAILBOX, **typed)
        self._press(run, "Continue", code=run.world.code_mailed_to(_MAILBOX))
        (report,) = calls(self.ana, "GET", "/abuse-reports").json["items"]
        assert report["id"] in self.visitor.shown
        path = f"/abuse-reports/{report['id']}/dismissal"
        assert run.app(lambda: calls(self.ana, "POST", path)).status in {200, 409}
        for _ in range(3):
            run.world.advance(HOUR)
            run.schedule(work_on_reports, every=MINUTE)
        assert "could not find" in run.world.mails_to(_MAILBOX)[-1]

    def _press(self, run: Run, button: str, **typed: str) -> None:
        def press() -> Reply:
            """Press it; a page that asks for another try counts as 503."""
            self.visitor.presses(button, **typed)
            is_busy = "again in" in self.visitor.shown
            return Reply(503 if is_busy else 200, {}, '{"code": "unavailable"}')

        run.app(press)

    def forgive(self, row: Item) -> Item | None:
        """Ignore how often the job tried, the place in a list by the time of the decision, and codes.

        A form that is sent again after a minute asks for another code.
        """
        if row.get("kind") in {"challenge", "report_draft"}:
            return None
        later = {"work", "answer_by"}
        return super().forgive({name: value for name, value in row.items() if name not in later})


_MAILBOX = "parent@example.com"

ABUSE: tuple[type[Flow], ...] = (ReportingAMessage, ReportingOnTheSite)
