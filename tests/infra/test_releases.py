"""Tests releases in the deploy bucket: what is kept, to which one a rollback goes, and a removal."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.build import Package
from infra.deployment import chat_settings, queues, releases, rollout
from infra.deployment.releases import NoSuchRelease
from infra.deployment.rollback import CompletedRollback, roll_back
from infra.deployment.rollout import NothingDeployed, deploy, remove_service
from infra.deployment.stacks import StackFailed, Stacks
from tests.infra.fakes import REGION, FakeAccount, FakeCloudFormation
from tests.infra.test_deploy import a_target, outputs_of, parameters
from tests.support.patches import fail_at

SERVICE = "ru4m-staging-service"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> FakeAccount:
    """Return an account whose service stack shows the parameters of its last deployment."""
    monkeypatch.setattr(chat_settings, "report_standing", lambda *_: None)
    monkeypatch.setattr(Stacks, "parameters", lambda stacks, name: held(stacks.account, name))
    return FakeAccount(REGION, formation=FakeCloudFormation(outputs=outputs_of))


def held(account: FakeAccount, name: str) -> dict[str, str]:
    if name not in account.formation.status:
        return {}
    asked = [one for one in account.formation.asked if one["StackName"] == name and "Parameters" in one]
    return parameters(asked[-1])


def release(account: FakeAccount, package: Package, version: str, **changes: Any) -> None:
    deploy(account, replace(package, version=version), a_target(**changes), report=lambda _: None)


def back(
    account: FakeAccount, version: str | None = None, said: list[str] | None = None
) -> CompletedRollback:
    return roll_back(account, "staging", version, ([] if said is None else said).append)


def test_rollback_deploys_the_version_before_with_the_parameters_of_today(
    account: FakeAccount, package: Package
) -> None:
    release(account, package, "a", contact_email="old@ru4m.example")
    release(account, package, "b")
    done = back(account)
    service = account.formation.asked[-1]
    assert (done.version, done.replaced, service["StackName"]) == ("a", "b", SERVICE)
    assert service["TemplateURL"].endswith("/staging/a/service.json")
    given = parameters(service)
    assert (given["Version"], given["CodeKey"]) == ("a", "staging/a/app.zip")
    assert given["ContactEmail"] == "privacy@ru4m.example"


def test_second_rollback_goes_further_back_and_not_to_what_was_rolled_back(
    account: FakeAccount, package: Package
) -> None:
    for version in "abc":
        release(account, package, version)
    assert back(account).version == "b"
    assert back(account).version == "a"
    with pytest.raises(NoSuchRelease, match=r"no release before a of stage staging\. It keeps: c, b, a"):
        back(account)
    release(account, package, "d")
    assert back(account).version == "a"


def test_rolled_back_version_that_was_deployed_by_name_is_returned_to(
    account: FakeAccount, package: Package
) -> None:
    release(account, package, "a")
    release(account, package, "b")
    back(account)
    back(account, "b")
    release(account, package, "c")
    assert back(account).version == "b"


def test_wanted_version_is_deployed_and_an_unknown_one_is_refused(
    account: FakeAccount, package: Package
) -> None:
    for version in "abc":
        release(account, package, version)
    assert back(account, "a").version == "a"
    with pytest.raises(NoSuchRelease, match="there is nothing to roll back"):
        back(account, "a")
    with pytest.raises(NoSuchRelease, match="keeps no release x"):
        back(account, "x")


def test_rollback_leaves_out_what_the_old_code_does_not_know(account: FakeAccount, package: Package) -> None:
    release(account, package, "a")
    key = "staging/a/release.json"
    record, template = json.loads(account.objects[key]), json.loads(account.objects["staging/a/service.json"])
    record["known"]["limit"].remove("blocks_day")
    record["known"]["periods"].remove("usage")
    record["parameters"]["OnlyOnce"] = "kept"
    del template["Parameters"]["Representatives"]
    template["Parameters"]["OnlyOnce"] = {"Type": "String"}
    account.objects[key] = json.dumps(record)
    account.objects["staging/a/service.json"] = json.dumps(template)
    figures = "limit_blocks_day=5,limit_invitations_day=6"
    release(account, package, "b", figures=figures, periods="usage=P14D")
    said: list[str] = []
    back(account, said=said)
    given = parameters(account.formation.asked[-1])
    assert (given["Figures"], given["Periods"]) == ("limit_invitations_day=6", "defaults")
    assert (given["OnlyOnce"], "Representatives" in given) == ("kept", False)
    assert "left out, because a does not know it: limit_blocks_day" in said


def test_failed_rollback_marks_nothing(account: FakeAccount, package: Package) -> None:
    release(account, package, "a")
    release(account, package, "b", contact_email="new@ru4m.example")
    account.formation.fails = {SERVICE}
    with pytest.raises(StackFailed):
        back(account)
    assert not any(one.rolled_back_at for one in releases.listed(account, "staging"))


def test_failed_deployment_is_no_release(account: FakeAccount, package: Package) -> None:
    account.formation.fails = {SERVICE}
    with pytest.raises(StackFailed):
        release(account, package, "a")
    assert releases.listed(account, "staging") == []


def test_only_the_newest_releases_are_kept(
    account: FakeAccount, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releases, "KEPT", 2)
    for version in "cab":
        release(account, package, version)
    assert [one.version for one in releases.listed(account, "staging")] == ["b", "a"]
    assert account.keys("staging/c/") == []


def test_redeployed_version_is_the_newest_and_no_longer_rolled_back(
    account: FakeAccount, package: Package
) -> None:
    release(account, package, "a")
    release(account, package, "b")
    back(account)
    release(account, package, "b")
    newest, _ = releases.listed(account, "staging")
    assert (newest.version, newest.rolled_back_at) == ("b", "")


def test_stage_without_a_service_is_neither_rolled_back_nor_removed(account: FakeAccount) -> None:
    with pytest.raises(NothingDeployed, match=f"`make deploy STAGE=staging REGION={REGION}` creates it"):
        back(account)
    with pytest.raises(NothingDeployed):
        remove_service(account, "staging", lambda _: None)


def test_removal_goes_on_if_a_queue_is_gone_already(account: FakeAccount) -> None:
    absent = ClientError({"Error": {"Code": "QueueDoesNotExist"}}, "GetQueueAttributes")
    fail_at(queues, "standings", absent)
    assert rollout.lost_messages(account, "staging") == "not known (QueueDoesNotExist)"


def test_deployment_after_a_removal_uses_the_restored_table_again(
    account: FakeAccount, package: Package
) -> None:
    release(account, package, "a")
    restored = {"ParameterKey": "AccountsTableName", "ParameterValue": "restored-accounts"}
    service = account.formation.asked[-1]["Parameters"]
    service[:] = [one for one in service if one["ParameterKey"] != "AccountsTableName"] + [restored]
    remove_service(account, "staging", lambda _: None)
    assert account.formation.asked[-1] == {"deleted": SERVICE, "StackName": SERVICE}
    assert {"ru4m-staging-vault", "ru4m-staging-data"} <= account.formation.status.keys()
    release(account, package, "b")
    assert parameters(account.formation.asked[-1])["AccountsTableName"] == "restored-accounts"
    assert "staging/tables.json" not in account.objects
