"""Flows of corrections: at once, with Stream as a recipient, and after a review with an authority as one."""

from __future__ import annotations

from chalicelib.accounts.profiles.service import STATEMENTS
from chalicelib.core.clock import HOUR
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.needs import read_accounts
from chalicelib.core.table import Item
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights.request import receipts, store
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.terms import Status
from tests.faults.flows import ADDRESS, DEVICE, KEY, PHONE, UserFlow
from tests.faults.flows_rights import without_sequence_number
from tests.faults.playing import Run, forgive_counts
from tests.support.cases.disclosures import an_approved_order
from tests.support.cases.scripted import stored
from tests.support.world.builders import an_event

_TIME_TO_NOTIFY = 2 * HOUR  # two leases, a sweep after each, and the longest wait of the step


class CorrectionFlow(UserFlow):
    """A correction by a user who has an address; its answer is mailed."""

    keeps_time = False  # a worker that replaces a killed one waits until the lease expires
    fewer_messages = 1  # a note is written before a mail is sent

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        run.patch.setattr(store, "SHARDS", ("00",))
        self.user.has_email(ADDRESS)
        run.deliver_changes()

    def asks(self, run: Run, **body: object) -> None:
        asked = run.app(lambda: self.user.exercises("rectification", KEY, **body))
        assert asked.status == 202, asked.text
        self.request_id = RightsRequestId(asked.json["rights_request_id"])

    def request(self) -> RightsRequest:
        return stored(self.request_id)

    def shown(self, run: Run) -> list[tuple[str, str]]:
        """The recipients that the subject sees, with the outcomes."""
        receipt = {"Rights-Receipt": receipts.of(self.request_id)}
        read = run.world.call("GET", f"/v1/rights-receipts/{self.request_id}", headers=receipt)
        return [(one["name"], one["outcome"]) for one in read.json["recipients"]]

    def statements(self) -> list[tuple[str | None, str | None]]:
        (row,) = read_accounts([AccountId(self.user.account_id)], (STATEMENTS, DATA_KEY))
        found = row[STATEMENTS]
        return [(one.about, one.value) for one in found.statements] if found else []

    def forgive(self, row: Item) -> Item | None:
        """Ignore the counts of tries, the versions that tries add, and the instants of notices."""
        tries = {"rights_request": {"version", "tries", "duty_tries", "notes"}}.get(
            row.get("kind", ""), set()
        )
        kept = {name: value for name, value in row.items() if name not in tries}
        if isinstance(kept.get("payload"), dict):
            free = {"tries", "announced_by_mail", "announced_in_app", "unreachable_since"}
            kept["payload"] = {name: value for name, value in kept["payload"].items() if name not in free}
        return forgive_counts(without_sequence_number(kept))


class CorrectingAtOnce(CorrectionFlow):
    """A name changes with its request; Stream gets it, and is recorded as notified."""

    name = "correcting_at_once"

    def play(self, run: Run) -> None:
        self.asks(run, changes={"display_name": "Mila P.", "job_title": "Engineer"})
        assert self.request().status is Status.COMPLETED
        run.deliver_changes()
        run.advance(_TIME_TO_NOTIFY)
        assert self.request().next_step is None
        assert [outcome for _, outcome in self.shown(run)] == ["notified"]
        assert run.stream.user(self.user.user_id)["name"] == "Mila P."

    def left(self) -> list[object]:
        self.user.verified = self.user.world.a_user(PHONE, DEVICE).verified
        profile = self.user.profile()
        return [{name: profile[name] for name in ("display_name", "job_title")}, self.statements()]


class CorrectingAfterReview(CorrectionFlow):
    """A contested field is restricted; two operators correct it, and an authority is notified."""

    name = "correcting_after_review"
    every = 2

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        self.user.consents("analytics")
        self.alice, self.bob = run.world.an_operator("alice"), run.world.an_operator("bob")
        disclosure_id = an_approved_order(self.alice, self.bob, self.user, scope=["usage_event"])
        assert self.alice.calls_disclosures("POST", f"/{disclosure_id}/given", body={}).status == 200

    def play(self, run: Run) -> None:
        self.asks(run, changes={"usage_event_platform": "android"}, reason="The phone was sold.")
        assert self.user.submits_usage(an_event()).json["dropped"] == {"restricted": 1}
        proposed = run.app(lambda: self.alice.proposes(self.request_id, "completed"))
        assert proposed.status == 200, proposed.text
        tag = self.alice.shows(self.request_id).headers["etag"]
        approved = run.app(lambda: self.bob.approves(self.request_id, tag))
        assert approved.status == 200, approved.text
        assert self.statements() == [("usage_event_platform", "android")]
        assert self.user.submits_usage(an_event()).json["accepted"] == 1
        run.advance(_TIME_TO_NOTIFY)
        assert self.request().next_step is None
        day = self.request().received_at.date().isoformat()
        recorded = run.app(lambda: self.alice.records_notice(self.request_id, 0, day))
        assert recorded.status == 200, recorded.text
        assert [outcome for _, outcome in self.shown(run)] == ["notified"]

    def left(self) -> list[object]:
        return [self.statements()]


CORRECTIONS = (CorrectingAtOnce, CorrectingAfterReview)
