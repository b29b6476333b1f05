"""Operators: staff who sign requests to the internal routes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

from chalice.local import LambdaEventConverter

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.ids import StaffId
from chalicelib.staff import service as staff
from tests.support.world.builders import an_invoice

if TYPE_CHECKING:
    from tests.support.world.world import Reply, World

CASES = "/admin/v1/rights-requests"
ERASURES = "/admin/v1/erasures"
DISCLOSURES = "/admin/v1/disclosures"
HOLDS = "/admin/v1/holds"
INVOICES = "/admin/v1/invoices"
DONE = "The copy was sent to you by post."


@contextmanager
def signed_by(arn: str | None) -> Iterator[None]:
    """Pass the signer to the app, as the gateway does; Chalice's test client does not."""
    make = LambdaEventConverter.create_lambda_event

    def with_signer(self: LambdaEventConverter, **request: Any) -> dict[str, Any]:
        event: dict[str, Any] = make(self, **request)
        if arn is not None:
            event["requestContext"]["identity"]["userArn"] = arn
        return event

    with (
        mock.patch.object(LambdaEventConverter, "create_lambda_event", with_signer),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", "IAMAuthorizer is not a supported")
        yield


@dataclass
class Operator:
    """A member of the controller's staff."""

    world: World
    arn: str

    @property
    def staff_id(self) -> StaffId:
        """Return the operator's pseudonym in the evidence."""
        return staff.register(self.arn)

    def calls(self, method: str, path: str = "", **more: Any) -> Reply:
        return self.world.call(method, f"{CASES}{path}", arn=self.arn, **more)

    def lists(self, cursor: str | None = None) -> Reply:
        return self.calls("GET", f"?cursor={cursor}" if cursor else "")

    def waiting(self) -> list[dict[str, Any]]:
        """Return the entries of the operator's inbox."""
        items: list[dict[str, Any]] = self.world.call("GET", "/admin/v1/inbox", arn=self.arn).json["items"]
        return items

    def shows(self, request_id: str) -> Reply:
        return self.calls("GET", f"/{request_id}")

    def case(self, request_id: str) -> dict[str, Any]:
        case: dict[str, Any] = self.shows(request_id).json
        return case

    def lists_erasures(self, cursor: str | None = None) -> Reply:
        return self.world.call("GET", ERASURES + (f"?cursor={cursor}" if cursor else ""), arn=self.arn)

    def shows_erasure(self, request_id: str) -> Reply:
        return self.world.call("GET", f"{ERASURES}/{request_id}", arn=self.arn)

    def records_invoice(self, user_id: str, **invoice: Any) -> Reply:
        body = {"user_id": user_id, **an_invoice(**invoice)}
        return self.world.call("POST", INVOICES, body=body, arn=self.arn)

    def lists_invoices(self, user_id: str, cursor: str | None = None) -> Reply:
        query = f"?user_id={user_id}" + (f"&cursor={cursor}" if cursor else "")
        return self.world.call("GET", INVOICES + query, arn=self.arn)

    def proposes(
        self, request_id: str, status: str, reason: str | None = None, text: str = DONE, **more: Any
    ) -> Reply:
        body = {"status": status, "text": text, **more} | ({"reason": reason} if reason else {})
        return self.calls("PUT", f"/{request_id}/proposal", body=body)

    def withdraws(self, request_id: str) -> Reply:
        return self.calls("DELETE", f"/{request_id}/proposal")

    def lists_recipients(self, request_id: str) -> Reply:
        return self.calls("GET", f"/{request_id}/recipients")

    def records_notice(self, request_id: str, number: int, on: str) -> Reply:
        body = {"number": number, "notified_on": on}
        return self.calls("PUT", f"/{request_id}/recipients", body=body)

    def approves(self, request_id: str, etag: str | None = None) -> Reply:
        """Read the request's current state, unless an ETag is given."""
        tag = etag or self.shows(request_id).headers["etag"]
        return self.calls("POST", f"/{request_id}/approval", headers={"If-Match": tag})

    def extends(self, request_id: str, days: int, reason: str = "JustificationA12Complexity") -> Reply:
        return self.calls("PUT", f"/{request_id}/extension", body={"days": days, "reason": reason})

    def asks_identity(self, request_id: str) -> Reply:
        return self.calls("POST", f"/{request_id}/identity-check")

    def notes_identity(self, request_id: str) -> Reply:
        return self.calls("POST", f"/{request_id}/identity-proof")

    def retries(self, request_id: str) -> Reply:
        return self.calls("POST", f"/{request_id}/retry")

    def proposes_lifting(self, request_id: str, text: str = "The claim is settled.") -> Reply:
        """Propose to end a restriction."""
        return self.calls("PUT", f"/{request_id}/lifting", body={"text": text})

    def withdraws_lifting(self, request_id: str) -> Reply:
        return self.calls("DELETE", f"/{request_id}/lifting")

    def approves_lifting(self, request_id: str, etag: str | None = None) -> Reply:
        """Read the request's current state, unless an ETag is given."""
        tag = etag or self.shows(request_id).headers["etag"]
        return self.calls("POST", f"/{request_id}/lifting/approval", headers={"If-Match": tag})

    def calls_disclosures(self, method: str, path: str = "", **more: Any) -> Reply:
        return self.world.call(method, f"{DISCLOSURES}{path}", arn=self.arn, **more)

    def proposes_disclosure(self, body: dict[str, Any]) -> Reply:
        return self.calls_disclosures("POST", body=body)

    def shows_disclosure(self, disclosure_id: str) -> Reply:
        return self.calls_disclosures("GET", f"/{disclosure_id}")

    def approves_disclosure(
        self, disclosure_id: str, assessment: str | None = None, etag: str | None = None
    ) -> Reply:
        """Approve the current state, unless an ETag is given."""
        tag = etag or self.shows_disclosure(disclosure_id).headers["etag"]
        body = {"assessment": assessment} if assessment else {}
        path = f"/{disclosure_id}/approval"
        return self.calls_disclosures("POST", path, body=body, headers={"If-Match": tag})

    def proposes_secrecy(self, disclosure_id: str, until: str | None) -> Reply:
        body = {"secret_until": until, "reference": "K 17/2026, item 3"}
        return self.calls_disclosures("PUT", f"/{disclosure_id}/secrecy", body=body)

    def approves_secrecy(self, disclosure_id: str, etag: str | None = None) -> Reply:
        """Approve the change that is proposed now, unless an ETag is given."""
        tag = etag or self.shows_disclosure(disclosure_id).headers["etag"]
        path = f"/{disclosure_id}/secrecy/approval"
        return self.calls_disclosures("POST", path, headers={"If-Match": tag})

    def calls_holds(self, method: str, path: str = "", **more: Any) -> Reply:
        return self.world.call(method, f"{HOLDS}{path}", arn=self.arn, **more)

    def places_hold(self, user_id: str, *kinds: str, lasts: timedelta = 90 * DAY, **more: Any) -> Reply:
        """Place a hold on kinds of a user's records; on usage unless kinds are given."""
        body = {
            "user_id": user_id,
            "kinds": kinds or ["usage_event"],
            "ground": "legal_obligation",
            "law": "Art. 286 ZKP",
            "authority": "Higher Court in Belgrade",
            "reason": "Order K 12/26",
            "until": clock.to_text(self.world.now + lasts),
        }
        return self.calls_holds("POST", body=body | more)

    def shows_hold(self, hold_id: str) -> Reply:
        return self.calls_holds("GET", f"/{hold_id}")

    def confirms_hold(self, hold_id: str) -> Reply:
        return self.calls_holds("POST", f"/{hold_id}/confirmation")

    def proposes_lift(self, hold_id: str) -> Reply:
        return self.calls_holds("PUT", f"/{hold_id}/lift-proposal")

    def lifts_hold(self, hold_id: str) -> Reply:
        return self.calls_holds("POST", f"/{hold_id}/lift")

    def enters(
        self, user_id: str, right: str = "access", on: str = "2026-11-24", by: str = "letter", **more: Any
    ) -> Reply:
        body = {"user_id": user_id, "right": right, "received_by": by, "received_on": on}
        return self.calls("POST", body=body | more)
