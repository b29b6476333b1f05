"""Tests that a deployment makes the dashboards, and that requests move the metrics on them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from chalicelib.core import clock
from chalicelib.core.metrics import Metric
from infra.dashboards import dashboards, layout
from infra.dashboards.figures import Span, alarm_states, points, resolved
from infra.dashboards.stack import Stack
from infra.dashboards.widgets import Series, one_of, total
from infra.deployment.stacks import Stacks, stack_name
from infra.local.cloud import STAGE, LocalCloud
from infra.local.emf import Forwarder, forwarding
from infra.local.tour.phone import Phone


@pytest.fixture(scope="module")
def stack(cloud: LocalCloud) -> Stack:
    return Stack.of(json.loads(cloud.package.template("service").read_text()))


@pytest.fixture(scope="module")
def parameters(cloud: LocalCloud) -> dict[str, str]:
    """Return the values that replace the parameters in a dashboard."""
    own = Stacks(cloud.account, lambda _: None).parameters(stack_name(STAGE, "service"))
    return own | {
        "AWS::Region": cloud.account.region,
        "AWS::Partition": "aws",
        "AWS::AccountId": cloud.account.number,
    }


@pytest.fixture(scope="module")
def forwarder(cloud: LocalCloud) -> Forwarder:
    return Forwarder(cloud.account)


def sums(cloud: LocalCloud, parameters: dict[str, str], *series: Series) -> Iterator[float]:
    """Return the sum of each series in the last hour."""
    span = Span(clock.now() - timedelta(hours=1), clock.now() + timedelta(minutes=1), 60)
    found = points(cloud.account, series, span, parameters)
    return (sum(value for _, value in found.get(one, ())) for one in series)


@pytest.mark.parametrize("name", ["service", "privacy", "privacy-detail", "capacity"])
def test_deployment_makes_the_dashboard(
    name: str, cloud: LocalCloud, stack: Stack, parameters: dict[str, str]
) -> None:
    cloudwatch = cloud.account.client("cloudwatch")
    text = cloudwatch.get_dashboard(DashboardName=f"ru4m-{STAGE}-{name}")["DashboardBody"]
    assert "${" not in text
    body, board = json.loads(text), next(one for one in dashboards(stack) if one.name == name)
    _, alarms, *charts = body["widgets"]
    drawn = [w["properties"]["metrics"] for w in charts if w["type"] == "metric"]
    wanted = layout.body(board, ())["widgets"]
    expected = [w["properties"]["metrics"] for w in wanted if w["type"] == "metric"]
    assert drawn == json.loads(resolved(json.dumps(expected), parameters))
    known = {arn.partition(":alarm:")[2] for arn in alarms["properties"]["alarms"]}
    assert known <= alarm_states(cloud.account).keys()


@pytest.mark.proof  # takes seconds
def test_sign_up_moves_the_metrics_of_its_funnel_once(
    cloud: LocalCloud,
    parameters: dict[str, str],
    forwarder: Forwarder,
    a_phone: Callable[[], Phone],
) -> None:
    funnel = (
        one_of(Metric.CODE_ASKED, "signup", "asked"),
        one_of(Metric.CODE_TEXTED, "RS", "texted"),
        one_of(Metric.CODE_RIGHT, "signup", "right"),
        total(Metric.ACCOUNT_CREATED, "created"),
    )
    forwarder.forward()
    before = [*sums(cloud, parameters, *funnel)]
    a_phone().sign_up("Vera")
    forwarder.forward()
    forwarder.forward()
    assert [*sums(cloud, parameters, *funnel)] == [number + 1 for number in before]


def test_refused_token_moves_the_metric_of_its_reason(
    cloud: LocalCloud, parameters: dict[str, str], forwarder: Forwarder, mila: Phone
) -> None:
    reason = one_of(Metric.TOKEN_REFUSED, "malformed", "malformed")
    forwarder.forward()
    (before,) = sums(cloud, parameters, reason)
    assert mila.call("GET", "/v1/profile", token=f"abc{before}").status == 401
    forwarder.forward()
    assert [*sums(cloud, parameters, reason)] == [before + 1]


@pytest.mark.proof  # takes seconds
@pytest.mark.night
def test_scheduled_job_moves_its_gauges_zero_included(cloud: LocalCloud, parameters: dict[str, str]) -> None:
    overdue = Series(
        "RU4M", Metric.RIGHTS_OVERDUE.label, (("service", "ru4m-${Stage}"),), "SampleCount", "runs"
    )
    with forwarding(cloud.account):
        (before,) = sums(cloud, parameters, overdue)
        cloud.run("sweep_rights")
    (after,) = sums(cloud, parameters, overdue)
    assert after > before
