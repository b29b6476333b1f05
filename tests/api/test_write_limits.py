"""Every write of an account has a limit, or its route states why not (ADR 24)."""

from collections.abc import Callable

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.core.errors import TooMany
from chalicelib.core.http import DailyLimit, Unlimited, contract
from chalicelib.core.http.contract import Route
from chalicelib.core.limiter import WhenUnreachable
from tests.support.clouds import cloud
from tests.support.clouds.cloud import failing
from tests.support.faults.outages import unreachable_counters, unreachable_counters_once
from tests.support.world.limits import allow
from tests.support.world.world import User, World

_WRITES = [route for route in contract.routes() if route.method not in {"GET", "HEAD"}]
# Actions that must never be refused, such as cancelling a request and logging out.
_NEVER_REFUSED = {
    "cancel_rights_request",
    "end_all_sessions",
    "end_contact",
    "end_session",
    "lift_block",
    "note_signals",
    "refresh_session",
    "withdraw_contact_code",
}


@pytest.fixture
def two_a_day() -> None:
    """Let each limit on an account's writes admit two a day."""
    allow(profile_changes_day=2, rights_requests_day=2, consents_given_day=2, notices_accepted_day=2)


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


_LIMITED = [(route, route.limit) for route in _WRITES if isinstance(route.limit, DailyLimit)]


@pytest.mark.parametrize("route", _WRITES, ids=named)
def test_write_has_a_limit_or_a_reason_for_none(route: Route) -> None:
    if route.internal:  # the app counts an operator's calls before their route is known (core/http/operators)
        assert route.limit is None
    elif isinstance(route.limit, Unlimited):
        assert route.limit.because
    else:
        assert isinstance(route.limit, DailyLimit)


@pytest.mark.parametrize(("route", "limit"), _LIMITED, ids=lambda part: part.name)
def test_every_limit_on_writes_has_the_rule_allow_for_outages(route: Route, limit: DailyLimit) -> None:
    assert limit.limiter.when_unreachable is WhenUnreachable.ALLOW
    assert TooMany in route.problems


def test_action_that_is_never_refused_has_no_limit() -> None:
    assert {route.name for route in _WRITES if isinstance(route.limit, Unlimited)} >= _NEVER_REFUSED


def test_each_limit_counts_under_a_name_of_its_own() -> None:
    names = [limit.name for limit in dict.fromkeys(limit for _, limit in _LIMITED)]  # two routes share one
    assert sorted(names) == [
        "abuse_reports", "avatars", "blocks", "consents_given", "contact_attempts", "contact_codes",
        "conversation_changes", "conversations", "devices_linked", "group_names", "invitations",
        "message_deletions",
        "missed_calls", "notices_accepted", "notification_changes", "profile_changes",
        "push_registrations", "rights_requests", "secret_changes",
    ]  # fmt: skip


def test_profile_changes_over_the_daily_limit_are_refused(world: World, two_a_day: None) -> None:
    mila, vuk = world.a_user(), world.a_user()
    assert [mila.changes(f'"{n}"', name=f"Mila {n}").status for n in (1, 2)] == [200, 200]
    refused = mila.changes('"3"', name="Mila 3")
    assert (refused.status, refused.problem) == (429, "too_many_requests")
    assert refused.json["limit"] == "profile_changes"
    assert refused.json["retry_after"] > 0
    assert vuk.changes('"1"', name="Vuk").status == 200


def test_requests_over_the_daily_limit_are_refused_even_if_cancelled(world: World, two_a_day: None) -> None:
    mila = world.a_user().is_stepped_up()
    for _ in range(2):
        request_id = mila.exercises("access").json["rights_request_id"]
        assert mila.calls("POST", f"/v1/rights-requests/{request_id}/cancel").status == 200
    refused = mila.exercises("access")
    assert (refused.status, refused.json["limit"]) == (429, "rights_requests")
    assert world.a_user().is_stepped_up().exercises("access").status == 202


def test_request_of_a_session_that_is_not_stepped_up_is_not_counted(world: World, two_a_day: None) -> None:
    mila = world.a_user()
    assert [mila.exercises("access").problem for _ in range(3)] == ["step_up_required"] * 3
    assert mila.is_stepped_up().exercises("access").status == 202


def test_request_that_fails_in_an_outage_is_not_counted(world: World, two_a_day: None) -> None:
    mila = world.a_user().is_stepped_up()
    outage = EndpointConnectionError(endpoint_url="https://dynamodb")
    with failing("dynamodb", "TransactWriteItems", outage):
        assert [mila.exercises("access").status for _ in range(3)] == [503] * 3
    assert mila.exercises("access").status == 202


def test_objections_to_marketing_and_withdrawals_are_not_limited(world: World, two_a_day: None) -> None:
    mila = world.a_user().is_stepped_up()
    for _ in range(3):
        mila.exercises("access")
    assert mila.exercises("access").status == 429
    for right in ("marketing_objection", "consent_withdrawal"):
        assert [mila.exercises(right).status for _ in range(4)] == [202] * 4


@pytest.mark.promise("USE-4")
def test_daily_limit_refuses_further_consents_and_no_withdrawals(world: World, two_a_day: None) -> None:
    mila = world.a_user()
    for _ in range(2):
        assert mila.consents("analytics").status == 200
        assert mila.withdraws("analytics").status == 200
    refused = mila.consents("analytics")
    assert (refused.status, refused.json["limit"]) == (429, "consents_given")
    assert mila.withdraws("analytics").status == 200
    assert mila.calls("POST", "/v1/consents/signals", body={"gpc": True}).status == 200
    assert mila.gets("/v1/consents").json["items"][0]["state"] != "given"


def test_refused_consent_changes_nothing(world: World, two_a_day: None) -> None:
    mila = world.a_user()
    for _ in range(2):
        mila.consents("analytics")
        mila.withdraws("analytics")
    kept = cloud.all_items()
    assert mila.consents("marketing").status == 429
    assert mila.withdraws("analytics").status == 200
    assert cloud.all_items() == kept


def test_acceptances_over_the_daily_limit_are_refused(world: World, two_a_day: None) -> None:
    mila = world.a_user()
    path = "/v1/notices/terms-2024-05-08/acceptance"
    assert [mila.calls("POST", path).status for _ in range(3)] == [204, 204, 429]


def test_user_who_used_up_every_limit_can_still_log_out(world: World, two_a_day: None) -> None:
    mila = world.a_user()
    for _ in range(3):
        mila.changes('"1"', name="Mila")
        mila.consents("analytics")
    assert mila.logs_out().status == 204


def a_profile_change(user: User) -> int:
    return user.changes('"1"', name="Mila").status


def a_request(user: User) -> int:
    return user.exercises("access").status


def a_consent(user: User) -> int:
    return user.consents("analytics").status


def an_acceptance(user: User) -> int:
    return user.calls("POST", "/v1/notices/terms-2024-05-08/acceptance").status


@pytest.mark.parametrize("write", [a_profile_change, a_request, a_consent, an_acceptance])
def test_write_is_admitted_while_its_counter_is_unreachable(
    world: World, capsys: pytest.CaptureFixture[str], write: Callable[[User], int]
) -> None:
    mila = world.a_user().is_stepped_up()
    capsys.readouterr()
    with unreachable_counters():
        assert write(mila) in {200, 202, 204}
    assert '"UseNotCounted":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_failed_write_that_was_not_counted_is_not_uncounted(world: World, two_a_day: None) -> None:
    mila = world.a_user().is_stepped_up()
    for _ in range(2):
        mila.exercises("access")
    outage = EndpointConnectionError(endpoint_url="https://dynamodb")
    with unreachable_counters_once(), failing("dynamodb", "TransactWriteItems", outage):
        assert mila.exercises("portability").status == 503
    assert mila.exercises("portability").status == 429
