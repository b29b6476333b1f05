"""Flows of the rights that stop marketing, each from the request to the mail that is not sent."""

from __future__ import annotations

import re

from chalicelib.consents.marketing import Withheld, send_marketing
from chalicelib.core.clock import HOUR
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.settings import settings
from chalicelib.core.table import Item
from chalicelib.messages.letters import Letters
from chalicelib.rights.request import store
from tests.faults.flows import ADDRESS, KEY, UserFlow
from tests.faults.playing import Flow, Run, forgive_counts

NEWS: Letters = {"en": ("News of RU4M", ("There are new stickers.",))}


class MarketedFlow(UserFlow):
    """A flow of a user with a mailbox who consents to marketing, and whose answers are announced by mail."""

    keeps_time = False  # a worker that replaces a killed one waits until the lease expires
    # A note is written before a mail is sent, so the worker that takes over does not send it again.
    fewer_messages = 1

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        run.patch.setattr(store, "SHARDS", ("00",))
        settings.cache_clear()
        self.user.has_email(ADDRESS)
        self.user.consents("marketing")
        run.deliver_changes()

    def sends(self) -> Withheld | None:
        return send_marketing(AccountId(self.user.account_id), NEWS)

    def forgive(self, row: Item) -> Item | None:
        """Ignore the counts of tries, and whether an interrupted mail was sent."""
        tries = {"rights_request": {"version", "tries", "duty_tries"}}.get(row.get("kind", ""), set())
        kept = {name: value for name, value in row.items() if name not in tries}
        if isinstance(kept.get("payload"), dict):
            free = {"tries", "announced_by_mail", "announced_in_app", "unreachable_since"}
            kept["payload"] = {name: value for name, value in kept["payload"].items() if name not in free}
        return forgive_counts(kept)


class ObjectingToMarketing(MarketedFlow):
    """An objection to direct marketing; from then on the gate refuses."""

    name = "objecting_to_marketing"

    def play(self, run: Run) -> None:
        asked = run.app(lambda: self.user.exercises("marketing_objection", KEY))
        assert (asked.status, asked.json["status"]) == (202, "completed")
        assert self.sends() is Withheld.OBJECTED
        run.advance(HOUR)
        request = store.read(RightsRequestId(asked.json["rights_request_id"]))
        assert request
        assert request.next_step is None


class WithdrawingByRequest(MarketedFlow):
    """All consents are withdrawn by a rights request; each is recorded once."""

    name = "withdrawing_by_request"
    begins_like = ObjectingToMarketing.name

    def play(self, run: Run) -> None:
        asked = run.app(lambda: self.user.exercises("consent_withdrawal", KEY))
        assert (asked.status, asked.json["status"]) == (202, "completed")
        assert self.sends() is Withheld.NO_CONSENT
        run.advance(HOUR)


class Unsubscribing(MarketedFlow):
    """The link of a marketing mail is used once, by a program that sends the form again after a failure."""

    name = "unsubscribing"

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        assert self.sends() is None
        found = re.search(r"/privacy/unsubscribe/[0-9A-Za-z_-]+", run.world.mails_to(ADDRESS)[-1])
        assert found
        self.path = found.group()

    def play(self, run: Run) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        form = b"List-Unsubscribe=One-Click"
        clicked = run.app(lambda: run.world.call("POST", self.path, headers=headers, raw=form))
        assert clicked.status == 204
        assert self.sends() is Withheld.OBJECTED
        run.advance(HOUR)


MARKETING: tuple[type[Flow], ...] = (ObjectingToMarketing, WithdrawingByRequest, Unsubscribing)
