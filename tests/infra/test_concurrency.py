"""Tests reserved concurrency: on request only, and within the limit of the account."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.deployment import concurrency
from infra.deployment.concurrency import ReservationRefused
from tests.infra.fakes import REGION, FakeAccount
from tests.infra.templates import Template, of_type

FUNCTIONS = frozenset({"signup", "sessions"})


class FakeLambda:
    """An account with this concurrency, of which functions have reserved a part."""

    class exceptions:  # noqa: N801 - as boto3 names it
        ResourceNotFoundException = ClientError

    def __init__(self, limit: int, **reserved: int) -> None:
        self.limit, self.reserved = limit, reserved

    def get_account_settings(self) -> dict[str, Any]:
        left = self.limit - sum(self.reserved.values())
        return {"AccountLimit": {"ConcurrentExecutions": self.limit, "UnreservedConcurrentExecutions": left}}

    def get_function_concurrency(self, FunctionName: str) -> dict[str, int]:  # noqa: N803
        name = FunctionName.rsplit("-", 1)[-1]
        if name not in self.reserved:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetFunctionConcurrency")
        return {"ReservedConcurrentExecutions": self.reserved[name]}


def check(limit: int, wanted: dict[str, int], **reserved: int) -> None:
    account = FakeAccount(REGION, functions=FakeLambda(limit, **reserved))
    concurrency.check(account, "staging", wanted, FUNCTIONS)


def test_nothing_is_reserved_unless_requested(service: Template) -> None:
    for logical, function in of_type(service, "AWS::Serverless::Function").items():
        reserved = {"Ref": f"Reserved{logical}"}
        assert service["Parameters"][f"Reserved{logical}"]["Default"] == ""
        assert function["Properties"]["ReservedConcurrentExecutions"] == {
            "Fn::If": [f"Reserves{logical}", reserved, {"Ref": "AWS::NoValue"}]
        }
        assert service["Conditions"][f"Reserves{logical}"] == {"Fn::Not": [{"Fn::Equals": [reserved, ""]}]}


def test_reservation_becomes_the_parameter_of_its_function(service: Template) -> None:
    given = concurrency.parameters({"signup": 50, "work_rights": 5})
    assert given == {"ReservedSignup": "50", "ReservedWorkRights": "5"}
    assert given.keys() <= service["Parameters"].keys()


def test_reservation_must_leave_100_of_the_account_unreserved() -> None:
    check(1000, {"signup": 900})
    with pytest.raises(ReservationRefused, match="at most 900 can be reserved"):
        check(1000, {"signup": 901})


def test_new_account_cannot_reserve_concurrency() -> None:
    with pytest.raises(ReservationRefused, match="this account's 10 at most 0"):
        check(10, {"signup": 1})


def test_only_reservations_outside_the_stage_reduce_what_can_be_reserved() -> None:
    check(1000, {"signup": 400}, signup=400, others=500)
    with pytest.raises(ReservationRefused, match="at most 400 can be reserved"):
        check(1000, {"signup": 401}, signup=400, others=500)


def test_deployment_without_reservations_needs_no_account_settings() -> None:
    concurrency.check(FakeAccount(REGION), "staging", {}, FUNCTIONS)
