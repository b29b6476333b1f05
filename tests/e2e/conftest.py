"""Fixtures: one local cloud with IAM enforced, for all tests that can share it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from typer.testing import CliRunner

from chalicelib.core import clock
from infra.deployment.account import AwsAccount
from infra.local.cloud import STAGE, LocalCloud, local_cloud
from infra.local.tour.phone import Phone
from infra.ops.__main__ import app
from tests.support.clouds.cloud import restored_process
from tests.support.clouds.empty_account import both_emulators, empty_account  # noqa: F401 - fixtures

NAMES = ("alice", "bob", "dana", "carol")  # carol has a key and no policy


@pytest.hookimpl(tryfirst=True)  # before pytest evaluates `-m`
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder `cloud`."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.cloud)


@pytest.fixture(autouse=True)
def restore_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Restore the process after each test, since some tests let it act as a function."""
    with restored_process():
        yield
        monkeypatch.undo()  # a test may have replaced the function that makes clients


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    with local_cloud() as running:
        yield running


@pytest.fixture(scope="module")
def own_cloud() -> Iterator[LocalCloud]:
    """Run a cloud of the file's own, since its tests change functions or tables."""
    with local_cloud() as running:
        yield running


@pytest.fixture(scope="session")
def numbers() -> Iterator[str]:
    """Return unused mobile numbers."""
    return (f"+3816{n:08}" for n in itertools.count(20_000_000))


@pytest.fixture(scope="session")
def a_phone(cloud: LocalCloud, numbers: Iterator[str]) -> Callable[[], Phone]:
    """Return a person who has just installed the app."""
    return lambda: Phone(cloud.state.api_url, next(numbers), cloud.texts_to)


@pytest.fixture(scope="session")
def phone_of_mila(a_phone: Callable[[], Phone]) -> Phone:
    phone = a_phone()
    phone.sign_up("Mila")
    return phone


@pytest.fixture
def jelena(a_phone: Callable[[], Phone]) -> Phone:
    """Return another user, who no other test has changed."""
    phone = a_phone()
    phone.sign_up("Jelena")
    return phone


@pytest.fixture
def mila(phone_of_mila: Phone) -> Phone:
    """Return a signed-up user who stays signed in: access tokens live fifteen minutes, and a cloud longer."""
    claims = jwt.decode(phone_of_mila.access_token, options={"verify_signature": False})
    if claims["exp"] < clock.to_epoch(clock.now() + timedelta(minutes=5)):
        phone_of_mila.refresh()
    return phone_of_mila


@pytest.fixture(scope="session")
def staff(cloud: LocalCloud) -> Iterator[dict[str, AwsAccount]]:
    """Members of staff as IAM users, with their access keys."""
    iam = cloud.account.client("iam")
    policy = cloud.deployment.outputs["OperatorPolicyArn"]
    keys: dict[str, Any] = {}
    for name in NAMES:
        iam.create_user(UserName=name)
        keys[name] = iam.create_access_key(UserName=name)["AccessKey"]
        if name != "carol":
            iam.attach_user_policy(UserName=name, PolicyArn=policy)
    yield {
        name: AwsAccount(
            cloud.account.region, cloud.account.endpoint, key["AccessKeyId"], key["SecretAccessKey"]
        )
        for name, key in keys.items()
    }
    for name in NAMES:
        if name != "carol":
            iam.detach_user_policy(UserName=name, PolicyArn=policy)
        iam.delete_access_key(UserName=name, AccessKeyId=keys[name]["AccessKeyId"])
        iam.delete_user(UserName=name)


@pytest.fixture(scope="session")
def run(cloud: LocalCloud, staff: dict[str, AwsAccount]) -> Callable[..., Any]:
    """Run an operations command as a member of staff, or as root; of requests, if no other group is named."""

    def running(name: str, *words: str, group: str = "rights") -> Any:
        who = {**staff, "root": cloud.account}[name]
        os.environ.update(AWS_ACCESS_KEY_ID=str(who.access_key), AWS_SECRET_ACCESS_KEY=str(who.secret_key))
        place = ("--stage", STAGE, "--region", who.region, "--endpoint-url", str(who.endpoint))
        return CliRunner().invoke(app, [group, *words, *place])

    return running
