"""Operators: staff who sign requests to the internal routes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

from chalice.local import LambdaEventConverter

from chalicelib.core.ids import StaffId
from chalicelib.staff import service as staff

if TYPE_CHECKING:
    from tests.support.world import Reply, World

CASES = "/admin/v1/rights-requests"
ERASURES = "/admin/v1/erasures"
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

    def shows(self, request_id: str) -> Reply:
        return self.calls("GET", f"/{request_id}")

    def case(self, request_id: str) -> dict[str, Any]:
        case: dict[str, Any] = self.shows(request_id).json
        return case

    def lists_erasures(self, cursor: str | None = None) -> Reply:
        return self.world.call("GET", ERASURES + (f"?cursor={cursor}" if cursor else ""), arn=self.arn)

    def shows_erasure(self, request_id: str) -> Reply:
        return self.world.call("GET", f"{ERASURES}/{request_id}", arn=self.arn)

    def proposes(self, request_id: str, status: str, reason: str | None = None, text: str = DONE) -> Reply:
        body = {"status": status, "text": text} | ({"reason": reason} if reason else {})
        return self.calls("PUT", f"/{request_id}/proposal", body=body)

    def withdraws(self, request_id: str) -> Reply:
        return self.calls("DELETE", f"/{request_id}/proposal")

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

    def enters(
        self, user_id: str, right: str = "access", on: str = "2026-11-24", by: str = "letter"
    ) -> Reply:
        body = {"user_id": user_id, "right": right, "received_by": by, "received_on": on}
        return self.calls("POST", body=body)
