"""Draws the dashboards of a running local cloud, with what its functions emitted (`make dashboards`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from chalicelib.core import clock
from infra.dashboards import alarms_by_dashboard, dashboards, layout
from infra.dashboards.figures import Span, alarm_states, points
from infra.dashboards.stack import Stack
from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Stacks, stack_name
from infra.local.cloud import STAGE, LocalCloud
from infra.local.tour.erasure import an_operator
from infra.local.tour.phone import Phone
from infra.ops.reports.plots import as_svg, published

IMAGES = Path(__file__).parent.parent.parent / "docs" / "img"
_POINTS = 40  # in a chart, at most
_STEPS = (5, 10, 15, 30, 60, 300)  # seconds


def draw_dashboards(cloud: LocalCloud, stack: Stack, started: datetime, folder: Path) -> Iterator[Path]:
    """Draw each dashboard with the metrics since an instant; yields the files."""
    from infra.dashboards.picture import PictureContent, draw  # loads matplotlib

    parameters = {"Stage": STAGE} | Stacks(cloud.account, lambda _: None).parameters(
        stack_name(STAGE, "service")
    )
    span = span_since(started, clock.now)
    prefix = f"ru4m-{STAGE}-"
    states = {name.removeprefix(prefix): state for name, state in alarm_states(cloud.account).items()}
    alarms = alarms_by_dashboard(stack)
    for board in dashboards(stack):
        local = replace(board, period=span.period)
        shown = PictureContent(span, points(cloud.account, board.series, span, parameters), states)
        file = folder / f"dashboard-{board.name}.png"
        draw(local, board.period, layout.body(local, alarms[board.name]), shown, file)
        yield file


def draw_usage(account: AwsAccount, days: int, to: Path) -> int:
    """Draw the published figures of the local cloud; returns how many days are published."""
    found = published(account, f"ru4m-{STAGE}-usage", clock.now().date(), days)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(as_svg(found), encoding="utf-8")
    return len(found)


def span_since(started: datetime, now: Callable[[], datetime]) -> Span:
    """Return the time from an instant until now, in whole steps that give at most forty points."""
    seconds = (now() - started).total_seconds()
    step = next((one for one in _STEPS if seconds / one <= _POINTS), _STEPS[-1])
    begins = int(clock.to_epoch(started)) // step * step
    start = clock.from_epoch(begins)
    return Span(start, start + (int(seconds / step) + 2) * timedelta(seconds=step), step)


_ROUNDS = 4
_NUMBERS = "+3816099{:05}"
# A host that no name server knows, so that the transfer is tried again and the request stays open.
_UNREACHABLE = "https://import.invalid/copy"
_UNSIGNED = "eyJhbGciOiJub25lIn0.e30."


def play_traffic(cloud: LocalCloud, stack: Stack) -> None:
    """Play what the tour does not show, in four rounds: mistakes and requests of users, and every schedule.

    On AWS schedules run all day. A local run takes minutes, so each job runs several times here.
    """
    for number in range(_ROUNDS):
        phone = Phone(cloud.state.api_url, _NUMBERS.format(number), cloud.texts_to)
        _mistype(phone)
        phone.sign_up("Vera")
        for token in ("abc", _UNSIGNED, f"{phone.access_token[:-8]}AAAAAAAA"):
            phone.call("GET", "/v1/profile", token=token)
        phone.consent("analytics")
        phone.step_up()
        transfer = {"right": "portability", "transfer_to": _UNREACHABLE}
        phone.call("POST", "/v1/rights-requests", transfer)
        phone.call("POST", "/v1/rights-requests", {"right": "access"})
        phone.call("PUT", "/v1/consents/analytics", {"state": "withdrawn"})
        restriction = phone.call("POST", "/v1/rights-requests", {"right": "restriction", "ground": "b"}).body
        phone.call("POST", "/v1/rights-requests/guest", {"phone": phone.number, "right": "access"}, token="")
        _give_work(cloud, phone, number)
        for job in stack.scheduled:
            cloud.run(job)
        phone.call("POST", f"/v1/rights-requests/{restriction['rights_request_id']}/lift")


def _give_work(cloud: LocalCloud, phone: Phone, number: int) -> None:
    """Record what then waits for operators: an objection to weigh, and a breach to report to an authority.

    The breach of the last round was discovered 71 hours ago: its notification is due within the hour.
    """
    operator, now = an_operator(cloud, f"traffic-operator-{number}"), clock.now()
    letter = {"right": "objection", "purposes": ["security"], "received_by": "letter"}
    day = clock.day_of(now - 10 * clock.DAY).isoformat()
    operator.call("POST", "/rights-requests", letter | {"user_id": phone.user_id, "received_on": day})
    discovered = clock.to_text(now - (23 + 16 * number) * clock.HOUR)
    operator.call("POST", "/breaches", {"discovered_at": discovered, "what": "A backup was readable."})


def _mistype(phone: Phone) -> None:
    """Submit a code that is wrong but for one of a million."""
    challenge = phone.ask_for_code().body["challenge_id"]
    phone.read_code()
    phone.try_code(challenge, "000000")
