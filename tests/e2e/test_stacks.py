"""Tests that the service can be removed and deployed again without losing data."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests

from chalicelib.core import figures
from infra.deploy import deploy
from infra.deployment.stacks import Stacks, stack_name
from infra.local.cloud import LocalCloud, local_cloud
from infra.local.composite import delete_composite
from infra.local.tour.phone import Phone


def _silent(_: str) -> None: ...


@pytest.fixture(scope="module")
def own_cloud() -> Iterator[LocalCloud]:
    """Run a cloud of this file's own, whose service is removed."""
    with local_cloud() as running:
        yield running


@pytest.mark.proof
def test_sessions_survive_removing_and_redeploying_the_service(
    own_cloud: LocalCloud,
) -> None:
    cloud, stacks = own_cloud, Stacks(own_cloud.account, _silent)
    phone = Phone(cloud.state.api_url, "+381601111111", cloud.texts_to)
    phone.sign_up("Mila")

    before_it_went = cloud.account.client("dynamodb").list_tables()["TableNames"]
    delete_composite(cloud.account, "local")
    stacks.delete(stack_name("local", "service"))
    functions = cloud.account.client("lambda").list_functions()["Functions"]
    assert functions == []
    assert not requests.get(f"{phone.api_url}/v1/health", timeout=10).ok
    tables = cloud.account.client("dynamodb").list_tables()["TableNames"]
    assert tables == before_it_went != []

    phone.api_url = deploy(cloud.account, cloud.package, cloud.target, _silent).api_url
    assert phone.call("GET", "/v1/profile").body["display_name"] == "Mila"
    assert phone.chat_token()
    before = phone.user_id
    phone.sign_up()
    assert phone.user_id == before


def test_deployment_with_a_changed_limit_applies_it_in_the_function(own_cloud: LocalCloud) -> None:
    cloud, changed = own_cloud, {"RU4M_LIMIT_CODES_PER_NUMBER_SHORT": "1"}
    target = replace(cloud.target, figures=figures.packed(changed))
    api_url = deploy(cloud.account, cloud.package, target, _silent).api_url
    functions = cloud.account.client("lambda")
    variables = functions.get_function_configuration(FunctionName="ru4m-local-signup")["Environment"][
        "Variables"
    ]
    assert variables[figures.PACKED] == "limit_codes_per_number_short=1"
    phone = Phone(api_url, "+381601111112", cloud.texts_to)
    phone.sign_up("Vera")
    device = {"id": str(uuid.uuid4()), "platform": "android"}  # an unknown device, so without a reserve
    refused = phone.call("POST", "/v1/signup", {"phone": phone.number, "device": device}, token="")
    assert (refused.status, refused.body["limit"]) == (429, "codes_per_number")


def test_repeated_deployment_of_the_same_package_changes_nothing(cloud: LocalCloud) -> None:
    said: list[str] = []
    assert deploy(cloud.account, cloud.package, cloud.target, said.append) == cloud.deployment
    assert said == [f"ru4m-local-{part}: unchanged" for part in ("vault", "data", "service")]


def test_tables_refuse_to_be_deleted(cloud: LocalCloud) -> None:
    dynamodb = cloud.account.client("dynamodb")
    for name in dynamodb.list_tables()["TableNames"]:
        with pytest.raises(dynamodb.exceptions.ClientError, match=r"[Dd]eletion protection"):
            dynamodb.delete_table(TableName=name)
