"""The environment of every suite, and the world of those that run in process."""

import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.support import environment

# Before anything of ours is imported: settings are read once.
os.environ.update(environment.variables())
os.environ.pop("AWS_PROFILE", None)
os.environ.pop("RU4M_FUNCTION", None)

NOON = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def world() -> Iterator["World"]:  # type: ignore[name-defined]  # noqa: F821 - imported late: moto takes a second
    import time_machine
    from moto import mock_aws

    from chalicelib.core import observe
    from tests.support import cloud
    from tests.support.world import World

    with mock_aws(), time_machine.travel(NOON, tick=False) as traveller:
        cloud.create_tables()
        cloud.create_secrets()
        # The handler holds on to the stdout of its import; give it one that this test can read.
        observe.logger.registered_handler.setStream(log := io.StringIO())  # type: ignore[attr-defined]
        yield World(traveller, log)
        observe.forget()
