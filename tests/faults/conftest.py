"""Fixtures of the crash tests: one emulated AWS and one Stream per test process."""

from collections.abc import Iterator

import pytest

from infra.stream_emulator import Emulator, running_emulator
from tests.faults.emulated import emulated_aws, use_emulated_aws
from tests.support.clouds import environment


@pytest.fixture(scope="session")
def stream_app() -> Iterator[Emulator]:
    with running_emulator(api_key=environment.STREAM_API_KEY, secret=environment.STREAM_SECRET) as running:
        yield running


@pytest.fixture(scope="session")
def aws_app() -> Iterator[dict[str, str]]:
    with emulated_aws() as variables:
        yield variables


@pytest.fixture
def stream(stream_app: Emulator, aws_app: dict[str, str]) -> Iterator[Emulator]:
    """Return the emulated Stream, while this process uses the emulated AWS."""
    with use_emulated_aws(aws_app):
        yield stream_app


@pytest.fixture
def crash_at(request: pytest.FixtureRequest) -> str:
    return str(request.config.getoption("--crash-at"))
