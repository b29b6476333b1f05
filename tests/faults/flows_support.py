"""The flow of a message to our support, from the code to the mail with its answer."""

from __future__ import annotations

from chalicelib.core.clock import HOUR
from chalicelib.core.table import Item
from chalicelib.operations.inbox.jobs import report_inbox
from chalicelib.staff.support.model import AnswerMail
from tests.faults.flows import KEY
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.cases.support import MAILBOX, answers, starts, stored, verifies


class WritingToSupport(Flow):
    """A person writes, an operator answers, and the hourly job mails the answer."""

    name = "writing_to_support"
    only_in_proof = True
    more_messages = 2  # a code, as for signing up; an answer whose mail was not recorded is mailed again

    def play(self, run: Run) -> None:
        alice = run.world.an_operator("alice")
        asked = run.app(lambda: starts(run.world, headers=KEY))
        code = run.world.code_mailed_to(MAILBOX)
        made = run.app(lambda: verifies(run.world, asked.json["challenge_id"], code))
        message = made.json["support_message_id"]
        assert run.app(lambda: answers(alice, message)).status == 200
        run.schedule(report_inbox, every=HOUR)
        assert stored(message).mail is AnswerMail.SENT

    def forgive(self, row: Item) -> Item | None:
        """Ignore the state of the report, how often the mail was tried, and the versions of that count.

        An answer that is sent again changes nothing, so it is a view.
        """
        if str(row["pk"]).startswith("inbox") or row.get("event") == "inspected":
            return None
        kept = {name: value for name, value in row.items() if name not in {"tries", "version"}}
        return forgive_counts(kept)


SUPPORT: tuple[type[Flow], ...] = (WritingToSupport,)
