"""Tests reconciliation on the deployed stack: an erased user who is still at Stream is deleted again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from stream_chat import StreamChat
from typer.testing import CliRunner

from chalicelib.core import clock
from chalicelib.core.clock import DAY
from chalicelib.core.ids import RightsRequestId, UserId
from chalicelib.core.transactions import commit
from chalicelib.rights.erasure import certify
from chalicelib.stream.model import StreamReport
from infra.local.cloud import LocalCloud
from infra.local.waiting import until
from infra.ops.__main__ import app as ops
from infra.ops.standing_in import act_as

pytestmark = pytest.mark.promise("STR-5")


@pytest.fixture(autouse=True)
def act_as_root(restore_process: None, cloud: LocalCloud) -> None:
    """Let this process write to the deployed tables as root."""
    act_as(cloud.account, "local", "reconcile_chat")


@pytest.fixture
def sdk(cloud: LocalCloud) -> StreamChat:
    """Return Stream's SDK with the secret of the server."""
    return StreamChat(cloud.stream.api_key, cloud.stream.secret, base_url=cloud.stream.url)


@pytest.fixture
def instant_tasks(cloud: LocalCloud) -> Iterator[None]:
    """Let Stream complete each task at once."""
    cloud.stream.choose(task_progress="instant")
    yield
    cloud.stream.choose(task_progress="poll")


def erased_two_days_ago() -> UserId:
    """Plan the checks of a user who was erased; the first one is due since yesterday."""
    user_id = UserId.new()
    erased_at = clock.now() - 2 * DAY
    commit(certify.planning_checks(RightsRequestId.new(), user_id, erased_at, StreamReport.DELETED))
    return user_id


def test_operator_releases_the_job_and_counts_by_commands(cloud: LocalCloud) -> None:
    where = [
        "--stage",
        "local",
        "--region",
        cloud.account.region,
        "--endpoint-url",
        str(cloud.account.endpoint),
    ]
    released = CliRunner().invoke(ops, ["reconcile", "release", *where])
    assert (released.exit_code, "The next run only counts" in released.output) == (0, True)
    counted = CliRunner().invoke(ops, ["reconcile", "run", "--dry-run", *where])
    assert (counted.exit_code, "0 acted" in counted.output) == (0, True)


@pytest.mark.proof  # takes seconds
@pytest.mark.usefixtures("instant_tasks")
def test_erased_user_who_is_still_at_stream_is_deleted_again(cloud: LocalCloud, sdk: StreamChat) -> None:
    user_id, gone = erased_two_days_ago(), erased_two_days_ago()
    sdk.upsert_users([{"id": user_id, "name": "Mila"}])
    cloud.run("reconcile_chat")  # its first run under a configuration only counts
    assert cloud.stream.user(user_id)["state"] == "active"
    counts = cloud.run("reconcile_chat")
    assert (counts["acted"], counts["checked"], counts["found"]) == (1, 2, 1)
    until(lambda: cloud.run("reconcile_chat")["gone"], "the end of the repair")
    assert cloud.stream.user(user_id)["state"] == "pruned"
    queried = str(cloud.stream.requests(principal="server", path="/users"))
    assert gone in queried
