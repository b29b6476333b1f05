"""Restores tables of the deployed stack from backups, and repeats what they lack before they are used."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chalicelib.core.table_names import Table
from infra.deployment.rollout import deploy
from infra.local.backups import TableBackups
from infra.local.cloud import LocalCloud
from infra.local.tour.erasure import GRACE
from infra.local.tour.phone import Phone, codes_in
from infra.local.waiting import until
from infra.ops.__main__ import app
from infra.ops.profiles import sign_in
from tests.support.clouds.deployed_subjects import ErasedSubject

BACKED_UP = (Table.ACCOUNTS, Table.BILLING, Table.CLAIMS, Table.KEYS, Table.RIGHTS)


@pytest.fixture
def vuk(own_cloud: LocalCloud, numbers: Iterator[str]) -> Phone:
    phone = Phone(own_cloud.state.api_url, next(numbers), own_cloud.texts_to)
    phone.sign_up("Vuk")
    return phone


def a_subject(cloud: LocalCloud, number: str) -> ErasedSubject:
    """Return a user with data in every table and at Stream."""
    phone = Phone(cloud.state.api_url, number, cloud.texts_to)
    subject = ErasedSubject(cloud, phone, f"gordana.{number.lstrip('+')}@inbox.example")
    subject.signs_up()
    return subject


def change_number(cloud: LocalCloud, phone: Phone, number: str) -> None:
    """Give the account of a phone another number, which the phone has from then on."""
    phone.step_up()
    asked = phone.call("POST", "/v1/profile/phone", {"phone": number})
    code = until(lambda: codes_in(cloud.texts_to(number)), "the code")[-1]
    path = f"/v1/profile/phone/{asked.body['challenge_id']}/verify"
    assert phone.call("POST", path, {"code": code}).status == 200
    phone.number = number


def run(command: str, backups: TableBackups, names: dict[Table, str], *words: str) -> Result:
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
    return CliRunner().invoke(app, [command, *words, *backups.options(names)])


def replay(backups: TableBackups, names: dict[Table, str], *words: str) -> Result:
    return run("replay-erasures", backups, names, "--at", backups.at, "--parallel", "2", "--yes", *words)


def tables(cloud: LocalCloud, operator: str | None, *words: str) -> Result:
    """Run a command about tables as an operator; None: with the credentials of deployments."""
    key, secret = sign_in(cloud.account, operator) if operator else ("test", "test")
    os.environ.update(AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret)
    place = ["--stage", "local", "--region", cloud.account.region]
    return CliRunner().invoke(
        app, ["--json", "tables", *words, *place, "--endpoint-url", str(cloud.account.endpoint)]
    )


def survivors(done: Result) -> int:
    last = done.output.strip().splitlines()[-1]
    return int(last.removeprefix("survivors "))


def named_in(cloud: LocalCloud, names: dict[Table, str], account_id: str) -> list[Any]:
    """Return the items of restored tables that name an account, without requests."""
    pages = (
        page
        for name in names.values()
        for page in cloud.account.client("dynamodb").get_paginator("scan").paginate(TableName=name)
    )
    items = [item for page in pages for item in page["Items"]]
    return [item for item in items if account_id in str(item) and not item["pk"]["S"].startswith("R#")]


@pytest.mark.proof
@pytest.mark.night
@pytest.mark.promise("RGT-3", "SEC-1", "ACC-1")
def test_restored_tables_are_used_only_without_the_users_erased_since(
    own_cloud: LocalCloud, vuk: Phone, numbers: Iterator[str]
) -> None:
    cloud = own_cloud
    erased, waiting = a_subject(cloud, next(numbers)), a_subject(cloud, next(numbers))
    vuk_id, held = vuk.account_id, vuk.session
    with cloud.configured("erase_accounts", GRACE):
        pending = waiting.asks("erasure")
        pending.wait_for_step("grace", "in_progress")
        backups = TableBackups.make(cloud, BACKED_UP)
    stranger = Phone(cloud.state.api_url, vuk.number, cloud.texts_to)
    change_number(cloud, vuk, next(numbers))
    link = erased.asks("erasure", waive_grace=True)
    assert link.wait_for_answer() == "completed"
    link.wait_for_step("forget", "done")

    names = backups.restore()
    accounts, claims = names[Table.ACCOUNTS], names[Table.CLAIMS]
    assert replay(backups, {Table.ACCOUNTS: "ru4m-local-accounts", Table.CLAIMS: claims}).exit_code == 1
    assert replay(backups, {Table.ACCOUNTS: claims, Table.CLAIMS: accounts}).exit_code == 1
    found = replay(backups, names, "--dry-run")
    assert (found.exit_code, survivors(found) > 5) == (3, True), found.output
    assert named_in(cloud, names, erased.account_id)
    done = replay(backups, names)
    assert (done.exit_code, survivors(done)) == (0, 0), done.output
    assert erased.phone.number not in done.output
    assert named_in(cloud, names, erased.account_id) == []
    assert replay(backups, names).exit_code == 0

    switched = run("switch-tables", backups, names, "--yes")
    assert switched.exit_code == 0, switched.output
    api_url = deploy(cloud.account, cloud.package, cloud.target, lambda _: None).api_url
    for phone in (vuk, erased.phone, waiting.phone):
        phone.api_url = api_url
    assert replay(backups, names).exit_code == 1  # functions use them now
    vuk.session = held
    assert vuk.call("GET", "/v1/profile").problem == "session_ended"
    vuk.sign_up()
    assert (vuk.account_id, vuk.call("GET", "/v1/profile").status) == (vuk_id, 200)
    assert erased.phone.sign_up("Gordana").body["new_account"]
    stranger.api_url = api_url
    assert stranger.sign_up("Zoran").body["new_account"]

    # The erasure that was not final at the backup began again, and ends in a certificate.
    pending = type(pending)(waiting.phone, pending.request_id, pending.receipt)
    cloud.run("sweep_rights")
    assert pending.wait_for_answer() == "completed"
    assert pending.certificate()
    assert replay(backups, names, "--in-use", names[Table.ACCOUNTS]).exit_code == 1
    remove_lost(cloud, "ru4m-local-accounts", names[Table.ACCOUNTS])


def remove_lost(cloud: LocalCloud, lost: str, used: str) -> None:
    """Let two operators approve the removal of the lost table, and delete it; its backup is left."""
    assert tables(cloud, None, "remove", lost, "--yes").exit_code == 1
    proposed = tables(cloud, "ana", "propose-removal", lost, "--why", "replaced")
    removal = json.loads(proposed.stdout)["id"]
    assert tables(cloud, "ana", "approve-removal", removal, lost).exit_code == 1
    assert tables(cloud, None, "remove", lost, "--removal", removal, "--yes").exit_code == 1
    assert tables(cloud, "marko", "approve-removal", removal, used).exit_code == 1
    assert tables(cloud, "marko", "approve-removal", removal, lost).exit_code == 0
    assert tables(cloud, None, "remove", used, "--removal", removal, "--yes").exit_code == 1
    done = tables(cloud, None, "remove", lost, "--removal", removal, "--yes")
    assert (done.exit_code, len(json.loads(done.stdout)["backups"])) == (3, 1), done.output
    assert lost not in cloud.account.client("dynamodb").list_tables()["TableNames"]
