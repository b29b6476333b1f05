"""Tests the commands of a deployment: settings, mistakes, and what the preflight finds."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import typer
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
)
from moto import mock_aws
from typer.testing import CliRunner, Result

from chalicelib.core.settings import BudgetMode, ErasureExtent
from chalicelib.privacy.accountability import Accountability
from infra import deploy as command
from infra.deployment import chat_settings, mistakes, preflight, queues, retained, settings_file, smoke
from infra.deployment.account import AwsAccount
from infra.deployment.chat_settings import BaselineNotApplied, StreamNotReached
from infra.deployment.findings import DeploymentFinding, Severity
from infra.deployment.preflight import account_checks, examine, stage_checks
from infra.deployment.queues import QueueStanding
from infra.deployment.rollout import Deployment
from infra.deployment.settings_file import EXAMPLE, known_keys
from infra.deployment.stacks import StackFailed, Stacks
from infra.deployment.target import DeploymentTarget
from infra.ops.scheduled import RunFailed
from infra.packaging.dependencies import Architecture
from tests.infra.fakes import REGION, FakeAccount
from tests.infra.test_deploy import a_target

SETTINGS = """
region = "eu-central-1"
contact_email = "privacy@ru4m.example"
company_number = "12345678"
tax_number = "123456789"
issuer = "https://api.ru4m.example"
mail_from = "notices@ru4m.example"
stream = {api_key = "key", erasure = "everything", file_hosts = ["files.example.org"]}
alarms = {emails = ["ops@ru4m.example"]}
sms = {countries = ["RS", "DE"], budgets = "recorded", senders.RS = {id = "RU4M", registered_on = 2026-11-02}}
gateway = {rate = 50}
periods = {usage = "P14D"}
limit = {blocks_day = 50, invitations_day = 7}
"""
ACCEPTED = 'accept = {sms_limit = "asked for more", sms_sandbox = "testers only"}'
ARRANGED = """
[accountability]
representatives = {eu = "Example GmbH, Berlin"}
data_protection_officer = "dpo@ru4m.example"
impact_assessment_on = 2026-11-01
impact_assessment_reference = "DPIA 2026/1"
serbian_clauses = {stream = 2026-05-08}
"""

Run = Callable[..., Result]
ACCOUNT = {
    "get_caller_identity": {"Arn": "arn:aws:iam::000000000000:user/mila", "Account": "000000000000"},
    "get_sms_attributes": {"attributes": {}},
    "get_paginator": SimpleNamespace(paginate=lambda **_: []),
}
FEW = ("alarms", "accountability", "webhook", "SMS limit", "SMS sandbox", "Stream")


@pytest.fixture
def stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of settings, which has those of staging."""
    monkeypatch.setattr(settings_file, "FOLDER", tmp_path)
    (tmp_path / "staging.toml").write_text(SETTINGS)
    return tmp_path


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> list[DeploymentTarget]:
    """Return the targets that were deployed; Stream answers with the baseline."""
    targets: list[DeploymentTarget] = []

    def note(account: Any, package: Any, target: DeploymentTarget, report: Any) -> Deployment:
        assert package.version == target.architecture
        targets.append(target)
        return Deployment("https://api.example", "ru4m-staging-service", {})

    few = {name: preflight._CHECKS[name] for name in FEW}
    monkeypatch.setattr(preflight, "_CHECKS", few)
    for module in (command, preflight):  # real clients take half a second of each test
        monkeypatch.setattr(module, "AwsAccount", lambda region, _: answering(region, **ACCOUNT))
    monkeypatch.setattr(command, "build", lambda architecture: SimpleNamespace(version=architecture))
    monkeypatch.setattr(command, "deploy", note)
    monkeypatch.setattr(command, "finish", lambda *_: None)
    monkeypatch.setattr(chat_settings, "owners", lambda *_: ())
    monkeypatch.setattr(chat_settings, "confirmed_placement", lambda *_: None)
    monkeypatch.setattr(chat_settings, "preflight", lambda *_: None)
    monkeypatch.setattr(Stacks, "parameters", lambda *_: {})
    monkeypatch.setenv("RU4M_STREAM_API_SECRET", "s3cret")
    for name in ("RU4M_OPERATORS", "RU4M_PERIODS", "RU4M_SMS_COUNTRIES"):
        monkeypatch.delenv(name, raising=False)
    return targets


@pytest.fixture
def run(stages: Path, deployed: list[DeploymentTarget]) -> Run:
    def call(*words: str, stage: str = "staging") -> Result:
        return CliRunner().invoke(command.app, ["--stage", stage, *words])

    return call


def test_deployment_has_the_settings_of_the_file_and_of_options(
    run: Run, deployed: list[DeploymentTarget]
) -> None:
    issuer = ("--issuer", "https://api.ru4m.example/")  # functions read it without the slash
    done = run(
        *issuer,
        "--sms-countries",
        "RS",
        "--set",
        "limit.blocks_day=60",
        "--set",
        "periods.export=P3D",
        "--set",
        "architecture=arm64",
        "--set",
        'sms.routes_off=["RS"]',
    )
    assert done.exit_code == 0, done.output
    (target,) = deployed
    assert target.sms_routes_off == "RS"
    assert (target.sms_countries, target.sms_budgets) == ("RS", BudgetMode.RECORDED)
    assert "RS" in target.sms_senders
    assert target.issuer == "https://api.ru4m.example"
    assert target.stream_erasure is ErasureExtent.EVERYTHING
    assert target.stream_file_hosts == "stream-io-api.com,stream-io-cdn.com,files.example.org"
    assert target.periods == "usage=P14D,export=P3D"
    assert target.architecture is Architecture.ARM64
    assert target.figures == "limit_blocks_day=60,limit_invitations_day=7"
    assert (target.gateway.rate, target.gateway.burst) == (50, 400)
    assert target.stream_secret == "s3cret"


def test_example_lists_every_setting_and_is_accepted() -> None:
    text = re.sub(r"(?m)^# (\w+ = )", r"\1", EXAMPLE.read_text())
    text = text.replace("certificate/...", "certificate/1").replace("signup = 50", "signup = 5")
    tables = tomllib.loads(text)
    named = {f"{name}.{key}" for name, table in tables.items() if isinstance(table, dict) for key in table}
    whole = {"limit", "push", "erasure", "purge", "reconciliation", "idle", "fanout", "choice", "periods"}
    wanted = {key for key in known_keys() if key.split(".")[0] not in whole | {"reserve"}}
    inner = tables["accountability"]
    named |= {
        f"accountability.{name}.{key}"
        for name in inner
        if isinstance(inner[name], dict)
        for key in inner[name]
    }
    assert wanted - named - set(tables) == set()
    path = settings_file.EXAMPLE.with_name("never-written.toml")
    settings_file.load(path, tables).target("staging", None)
    settings_file.load(EXAMPLE, {}).target("staging", None)


MISTAKES = {
    "unknown key": ("inviations_day = 1", (), "Do you mean limit.invitations_day?"),
    "key in a wrong table": ("[purge]\ninvitations_day = 1", (), "Do you mean limit.invitations_day?"),
    "unknown table": ("[limits]\nblocks_day = 1", (), "Do you mean limit?"),
    "unknown function": ("[reserve]\nsign_up = 5", (), "Do you mean reserve.signup?"),
    "secret in the file": ('stream_secret = "x"', (), "Set RU4M_STREAM_API_SECRET in the environment"),
    "figure out of its range": ("", ("--set", "limit.blocks_day=0"), "limit.blocks_day is refused"),
    "unsafe figure": (
        "",
        ("--set", "erasure.grace_hours=1"),
        "an erasure: docs/deploy.md has the shortest waits",
    ),
    "period out of bounds": ("", ("--set", "periods.usage=P9Y"), "periods is refused: usage has to be"),
    "unknown period": ("", ("--set", "periods.usages=P9D"), "Do you mean periods.usage?"),
    "text for a number": ("", ("--set", "gateway.rate=fast"), "gateway.rate is refused"),
    "architecture": ("", ("--set", "architecture=riscv"), "architecture is refused"),
    "log retention": ("", ("--set", "logs.retention_days=3"), "one of 1, 7, 14, 30, 60, 90"),
    "issuer": ("", ("--issuer", "http://api.ru4m.example"), "issuer is refused"),
    "file host": ("", ("--set", "stream.file_hosts=['x']"), "stream.file_hosts is refused"),
    "certificate": ("", ("--set", "domain.certificate_arn=x"), "domain.certificate_arn is refused"),
    "host in autofill lines": (
        "",
        ("--set", "app.domain=x"),
        "app.domain is refused: it has to have the form",
    ),
    "apps": ("", ("--set", "app.apple_ids=x"), "app.apple_ids is refused: it has to be a list"),
    "hash of the app": ("", ("--set", "app.android_hash=x"), "app.android_hash is refused"),
    "issuer with a path and a certificate": (
        "",
        (
            "--issuer",
            "https://api.ru4m.example/base",
            "--set",
            f"domain.certificate_arn=arn:aws:acm:{REGION}:000000000000:certificate/1",
        ),
        "issuer is refused: with a certificate it has to be https:// and a host only",
    ),
    "table with options": ("", ("--set", "alarms={emails=['a@ru4m.example']}"), "use --alarm-email"),
    "setting with an option": ("", ("--set", "issuer=https://x"), "use --issuer"),
    "table with an option": ("", ("--set", "reserve.signup=5"), "use --reserve"),
    "mail address": ("", ("--mail-from", "notices at ru4m.example"), "mail_from is refused"),
    "company number": ("", ("--company-number", "1234567"), "company_number is refused: it has to be 8"),
    "tax number": ("", ("--tax-number", "12345678x"), "tax_number is refused: it has to be 9 digits"),
    "country without a sender": (
        "",
        ("--sms-countries", "RS,ES"),
        "sms.senders.ES is refused: its ids need a registration: name one, a number, or {}",
    ),
    "country without a price": ("", ("--sms-countries", "KZ"), "add its row to text_routes.csv"),
    "sender": ("", ("--set", "sms.senders.DE.id=R"), "sms.senders.DE is refused: an id has 3 to 11"),
    "few requests": ("", ("--waf-requests-per-address", "9"), "has to be 0, or 10 or more"),
    "no address": ("", ("--set", "waf.stream_addresses=['x']"), "waf.stream_addresses is refused: "),
    "one address": ("", ("--set", "waf.stream_addresses=['203.0.113.7']"), "not a block such as"),
    "all addresses": ("", ("--set", "waf.stream_addresses=['0.0.0.0/0']"), "0.0.0.0/0 is wider than /16"),
    "no list": ("", ("--set", "operators=arn"), "operators is refused: it has to be a list"),
    "assignment": ("", ("--set", "limit.blocks_day"), "KEY=VALUE"),
    "no TOML": ("issuer = ", (), "staging.toml is not a TOML file"),
    "assessment to come": (
        "",
        ("--set", "accountability.impact_assessment_on=2999-01-01"),
        "impact_assessment_on is refused: it is in the future",
    ),
    "region": ("", ("--region", "us-east-1"), "Name a region in the EU with --region"),
    "accepted unknown check": ('accept = {sms_sandox = "x"}', (), "Do you mean accept.sms_sandbox?"),
    "accepted without a reason": (
        "",
        ("--set", "accept.mail= "),
        "accept.mail is refused: string should have at least 1",
    ),
    "option": ("", ("--sett",), "Possible options: --set, --settings"),
    "no file": ("", ("--settings", "stages/none.toml"), "does not exist"),
}


@pytest.mark.promise("NOT-4")
@pytest.mark.parametrize("key", ["contact_email", "company_number", "tax_number"])
def test_deployment_without_what_the_imprint_shows_is_refused(run: Run, stages: Path, key: str) -> None:
    (stages / "staging.toml").write_text(re.sub(f"(?m)^{key} = .*\n", "", SETTINGS))
    assert f"{key} is not set: add it to staging.toml" in run().stderr


def test_mistake_ends_in_one_line_with_the_remedy_before_building(
    run: Run, stages: Path, deployed: list[DeploymentTarget], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "build", lambda **_: pytest.fail("built"))
    for mistake, (added, words, remedy) in MISTAKES.items():
        (stages / "staging.toml").write_text(f"{SETTINGS if added != 'issuer = ' else ''}\n{added}\n")
        done = run(*words)
        assert done.exit_code in {1, 2}, mistake
        assert remedy in done.stderr, mistake
        assert done.stderr.count("\n") == 1, (mistake, done.stderr)
    assert deployed == []


@pytest.mark.parametrize("text", ["signup", "signup=0", "signup=-1", "singup=5", "signup=5,signup=6", "=5"])
def test_malformed_reservation_is_refused(run: Run, deployed: list[DeploymentTarget], text: str) -> None:
    done = run("--reserve", text)
    assert (done.exit_code, "reserve" in done.stderr, deployed) == (1, True, [])


def test_reservations_are_numbers_by_function(run: Run, deployed: list[DeploymentTarget]) -> None:
    assert run("--reserve", "signup=50,work_rights=5").exit_code == 0
    assert deployed[0].reserved == {"signup": 50, "work_rights": 5}


def test_stage_that_does_not_exist_is_refused_with_the_nearest(run: Run) -> None:
    assert "Do you mean production?" in run(stage="prod").stderr
    local = run("--settings", str(settings_file.file_of("staging")), stage="local")
    assert "stage: stage local ends restrictions and erasures without waiting" in local.stderr
    done = run(stage="production")
    assert "contact_email is not set: add it to production.toml, which does not exist" in done.stderr


@pytest.mark.parametrize(
    ("name", "key"), [("RU4M_PERIODS", "periods"), ("RU4M_PURGE_DELETES_DAY", "purge.deletes_day")]
)
def test_variable_that_deployments_no_longer_read_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, key: str
) -> None:
    monkeypatch.setenv(name, "1")
    assert f"{name} is set, which deployments no longer read. Put {key} into" in run().stderr


FAILURES = {
    "no credentials": (NoCredentialsError(), "aws sso login"),
    "a missing policy": (
        ClientError({"Error": {"Code": "AccessDenied"}}, "CreateChangeSet"),
        "AWS denies CreateChangeSet. A deployment needs a role",
    ),
    "another deployment": (
        ClientError(
            {
                "Error": {
                    "Code": "ValidationError",
                    "Message": "Stack:arn:x is in UPDATE_IN_PROGRESS state and can not be updated.",
                }
            },
            "CreateChangeSet",
        ),
        "Wait until it has ended",
    ),
    "a stuck stack": (
        ClientError(
            {
                "Error": {
                    "Code": "ValidationError",
                    "Message": "Stack:arn:x is in UPDATE_ROLLBACK_FAILED state and can not be updated.",
                }
            },
            "CreateChangeSet",
        ),
        "`make preflight` says what to do",
    ),
    "an overtaken change set": (
        ClientError({"Error": {"Code": "InvalidChangeSetStatus"}}, "ExecuteChangeSet"),
        "Wait until it has ended",
    ),
    "a failed stack": (StackFailed("ru4m-x-data", "ROLLBACK", ["Table: no room"]), "Table: no room."),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_failed_deployment_ends_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch, failure: str) -> None:
    error, text = FAILURES[failure]
    monkeypatch.setattr(command, "deploy", lambda *_, **__: raising(error))
    done = run()
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert text in done.stderr


def test_defect_is_named_without_its_text() -> None:
    with pytest.raises(KeyError) as raised:
        raising(KeyError("mila@example.org"))
    assert "mila" not in mistakes.explain(raised.value)


def test_missing_or_wrong_credentials_stop_all_other_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    *_, last = examine(REGION, None, a_target(), {})
    assert (last.check, last.severity, "aws sso login" in last.remedy) == ("credentials", "refused", True)


WITHOUT = {
    "expired": (ClientError({"Error": {"Code": "ExpiredToken"}}, "GetCallerIdentity"), "aws sso login"),
    "no profile": (ProfileNotFound(profile="mila"), "(mila) could not be found. Set AWS_PROFILE"),
    "no network": (EndpointConnectionError(endpoint_url="https://sts.test"), "Check the network, --region"),
}


@pytest.mark.parametrize("reason", WITHOUT)
def test_credentials_that_do_not_work_are_refused_with_the_remedy(reason: str) -> None:
    error, remedy = WITHOUT[reason]
    account = answering(get_caller_identity=error)
    found = account_checks.credentials(account)
    assert (found.severity, remedy in str(found)) == ("refused", True)


def test_import_of_retained_resources_deploys_nothing(
    run: Run, deployed: list[DeploymentTarget], monkeypatch: pytest.MonkeyPatch
) -> None:
    imported: list[DeploymentTarget] = []
    monkeypatch.setattr(retained, "import_all", lambda _, target, __: imported.append(target))
    assert run("--import-retained").exit_code == 0
    assert ([one.stage for one in imported], deployed) == (["staging"], [])


def test_missing_secret_of_stream_is_refused_with_the_variable(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RU4M_STREAM_API_SECRET")
    assert "set RU4M_STREAM_API_SECRET" in run().stderr


def test_wrong_key_of_stream_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = StreamNotReached("Stream refuses the key or the secret.")
    monkeypatch.setattr(chat_settings, "owners", lambda *_: raising(refused))
    assert "refuses the key or the secret. Check stream.api_key" in run().stderr


def test_preflight_of_production_warns_if_strangers_may_call_the_webhook(run: Run, stages: Path) -> None:
    missing = "waf.stream_addresses is not set"
    (stages / "production.toml").write_text(SETTINGS + ARRANGED)
    assert missing in run("--check", stage="production").stdout
    listed = run("--check", "--set", "waf.stream_addresses=['203.0.113.7/32']", stage="production").stdout
    assert (missing in listed, "admits 203.0.113.7/32" in listed) == (False, True)
    assert missing not in run("--check").stdout


def test_production_is_refused_until_the_officer_has_arranged_everything(
    run: Run, stages: Path, deployed: list[DeploymentTarget]
) -> None:
    assert "accountability.representatives.eu is not set" in run("--check").stdout  # a warning on staging
    (stages / "production.toml").write_text(SETTINGS + ACCEPTED)
    refused = run(stage="production").stderr.splitlines()
    assert len(refused) == 5
    assert all(line.startswith("refused  accountability: ") for line in refused)
    assert "Stream.io, Inc. signed the Serbian clauses" in refused[-1]
    assert run("--ignore-chat-settings", stage="production").exit_code == 1
    (stages / "production.toml").write_text(SETTINGS + ACCEPTED + ARRANGED)
    assert run(stage="production").exit_code == 0
    arranged = deployed[0].accountability
    assert (arranged.representatives, arranged.data_protection_officer) == (
        {"eu": "Example GmbH, Berlin"},
        "dpo@ru4m.example",
    )
    assert (arranged.impact_assessment, arranged.clauses) == ("2026-11-01 DPIA 2026/1", "stream=2026-05-08")


def test_check_reports_each_finding_as_json_and_deploys_nothing(
    run: Run, deployed: list[DeploymentTarget]
) -> None:
    done = run("--check", "--json")
    document = json.loads(done.stdout)
    found = {one["check"]: one for one in document["findings"]}
    assert document["may_deploy"]
    assert found["SMS limit"]["severity"] == "warning"
    assert found["SMS sandbox"]["severity"] == "unknown"  # it is not answered
    assert all(one["remedy"] for one in document["findings"] if one["severity"] != "ok")
    assert deployed == []


@pytest.mark.parametrize(("option", "shown"), [((), 1), (("--sms-monthly-dollars", "500"), 500)])
def test_command_shows_and_sets_the_monthly_limit_of_spending_on_texts(
    run: Run, monkeypatch: pytest.MonkeyPatch, option: tuple[str, ...], shown: int
) -> None:
    for module in (command, preflight):
        monkeypatch.setattr(module, "AwsAccount", AwsAccount)
    with mock_aws():
        done = run(*option)
    assert f"SMS spending limit of this account and region: {shown} US dollars a month" in done.output


DRIFT = BaselineNotApplied("1 settings of the app at Stream differ from the baseline: app grants.user")
FAILURES_OF_STREAM = [DRIFT, StreamNotReached("Stream does not answer."), RunFailed("The run failed.")]
UNFORESEEN = [KeyError("app"), ConnectTimeoutError(endpoint_url="https://lambda.example")]


@pytest.mark.promise("STR-3")
@pytest.mark.parametrize("failure", FAILURES_OF_STREAM + UNFORESEEN, ids=lambda one: type(one).__name__)
def test_drifted_or_unknown_settings_at_stream_stop_a_release_before_it_builds(
    run: Run, deployed: list[DeploymentTarget], monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    monkeypatch.setattr(chat_settings, "preflight", lambda *_: raising(failure))
    done = run()
    assert (done.exit_code, deployed) == (1, [])
    assert "refused  Stream" in done.stderr
    assert run("--ignore-chat-settings").exit_code == 0


@pytest.mark.promise("STR-3")
@pytest.mark.parametrize("failure", FAILURES_OF_STREAM + UNFORESEEN, ids=lambda one: type(one).__name__)
def test_settings_at_stream_never_stop_a_rollback(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    said: list[str] = []
    monkeypatch.setattr(chat_settings, "deployed_access", lambda *_: raising(failure))
    chat_settings.report_standing(FakeAccount(REGION), "staging", said.append)
    assert said[0].startswith("not stopped, because it is a rollback: ")


def raising(failure: Exception) -> Any:
    raise failure


class Answers:
    """A client of AWS with fixed answers."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    def __getattr__(self, name: str) -> Callable[..., Any]:
        answer = self._answers[name]
        return lambda *_, **__: raising(answer) if isinstance(answer, Exception) else answer


class AnsweringAccount(FakeAccount):
    """An account whose services give fixed answers."""

    answers: Answers

    def client(self, _: str) -> Any:
        return self.answers


def answering(region: str = REGION, **answers: Any) -> AnsweringAccount:
    account = AnsweringAccount(region)
    object.__setattr__(account, "answers", Answers(**answers))
    return account


def severities(found: Iterator[DeploymentFinding]) -> list[str]:
    return [one.severity for one in found]


def test_account_that_cannot_send_or_run_enough_is_warned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stacks, "parameter_of_all", lambda *_: {"ru4m-staging-data": "ru4m.example"})
    monkeypatch.setattr(Stacks, "status", lambda *_: "CREATE_COMPLETE")
    sandboxed = {"ProductionAccessEnabled": False, "SendingEnabled": True, "SendQuota": {"MaxSendRate": 1.0}}
    poor = answering(
        get_account={**sandboxed, "throttleSettings": {"rateLimit": 100.0}},
        get_sms_sandbox_account_status={"IsInSandbox": True},
        get_email_identity={"VerifiedForSendingStatus": False},
        get_account_settings={"AccountLimit": {"ConcurrentExecutions": 10}},
    )
    target = a_target()
    assert severities(account_checks.sms_sandbox(poor, target)) == ["warning"]
    assert severities(account_checks.mail(poor, target)) == ["warning", "warning"]
    assert severities(account_checks.mail_domain(poor, target)) == ["warning"]
    assert severities(account_checks.concurrency_of_account(poor, target)) == ["warning"]
    assert severities(account_checks.request_rate(poor, target)) == ["warning"]


def test_domain_of_mail_that_belongs_to_another_stage_or_to_no_stack_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = answering(get_email_identity={"VerifiedForSendingStatus": True})
    used: dict[str, str] = {}
    monkeypatch.setattr(Stacks, "parameter_of_all", lambda *_: used)
    monkeypatch.setattr(Stacks, "status", lambda *_: None)
    (found,) = account_checks.mail_domain(account, a_target())
    assert "is an identity of SES already" in found.text
    used["ru4m-production-data"] = "ru4m.example"
    (found,) = account_checks.mail_domain(account, a_target())
    assert (found.severity, "ru4m-production-data sends mail" in found.text) == ("refused", True)
    used.clear()
    used["ru4m-staging-data"] = "other.example"
    (found,) = account_checks.mail_domain(account, a_target())
    assert (found.severity, "would replace its identity" in found.text) == ("refused", True)
    used.clear()
    absent = ClientError({"Error": {"Code": "NotFoundException"}}, "GetEmailIdentity")
    new = answering(get_email_identity=absent)
    assert severities(account_checks.mail_domain(new, a_target())) == ["warning"]


CERTIFICATE = f"arn:aws:acm:{REGION}:000000000000:certificate/1"


@pytest.mark.parametrize(
    ("arn", "status", "names", "severity"),
    [
        (CERTIFICATE, "ISSUED", ["api.ru4m.example"], "ok"),
        (CERTIFICATE, "ISSUED", ["*.ru4m.example"], "ok"),
        (CERTIFICATE, "ISSUED", ["api.other.example"], "refused"),
        (CERTIFICATE, "PENDING_VALIDATION", ["api.ru4m.example"], "refused"),
        (CERTIFICATE.replace(REGION, "us-east-1"), "ISSUED", ["api.ru4m.example"], "refused"),
    ],
)
def test_certificate_has_to_be_issued_here_and_for_the_host_of_the_issuer(
    arn: str, status: str, names: list[str], severity: str
) -> None:
    found = {"Status": status, "DomainName": "x", "SubjectAlternativeNames": names}
    account = answering(describe_certificate={"Certificate": found})
    assert severities(stage_checks.certificate(account, a_target(certificate=arn))) == [severity]


def test_certificate_that_does_not_exist_is_refused() -> None:
    account = answering(
        describe_certificate=ClientError(
            {"Error": {"Code": "ResourceNotFoundException"}}, "DescribeCertificate"
        )
    )
    (found,) = stage_checks.certificate(account, a_target(certificate=CERTIFICATE))
    assert (found.severity, "domain.certificate_arn" in found.remedy) == ("refused", True)


def test_app_of_another_stage_is_refused_and_another_app_is_warned(
    account: FakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = a_target()
    used = {"ru4m-production-service": target.stream_api_key}
    monkeypatch.setattr(Stacks, "parameter_of_all", lambda *_: used)
    monkeypatch.setattr(Stacks, "parameters", lambda *_: {"StreamApiKey": "another"})
    shared, other = stage_checks.app_of_another_stage(account, target)
    assert (shared.severity, "ru4m-production-service uses app" in shared.text) == ("refused", True)
    assert (other.severity, "uses app another" in other.text) == ("warning", True)


def test_app_with_another_stages_webhook_is_refused_also_if_settings_are_ignored(
    run: Run, deployed: list[DeploymentTarget], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_settings, "owners", lambda *_: ("https://api.other.example",))
    for words in ((), ("--ignore-chat-settings",)):
        done = run(*words)
        assert (done.exit_code, deployed) == (1, [])
        assert "refused  Stream app" in done.stderr
        assert "https://api.other.example" in done.stderr


def test_other_python_than_the_deployed_one_is_warned() -> None:
    account = answering(get_function_configuration={"Runtime": "python3.99"})
    (found,) = stage_checks.python(account, a_target())
    assert (found.severity, "have 3.99" in found.text) == ("warning", True)


@pytest.fixture
def account() -> FakeAccount:
    return FakeAccount(REGION)


def test_service_of_another_version_or_open_route_fails_the_smoke_test(
    account: FakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smoke, "_DEADLINE", 0.0)

    def answers(code: int, **body: str) -> Any:
        return SimpleNamespace(ok=code < 400, status_code=code, json=lambda: body)

    monkeypatch.setattr(requests, "get", lambda *_, **__: answers(200, version="old", stage="staging"))
    (old,) = smoke.try_deployed(account, "staging", "https://api.example", "new", "")
    assert (old.severity, "states old" in old.text, "make rollback" in old.remedy) == ("refused", True, True)
    healthy = answers(200, status="ok", version="new", stage="staging")
    monkeypatch.setattr(requests, "get", lambda *_, **__: healthy)
    sent: list[dict[str, str]] = []

    def opened(*_: str, headers: dict[str, str], **__: object) -> Any:
        sent.append(headers)
        return answers(200)

    monkeypatch.setattr(requests, "request", opened)
    found = list(smoke.try_deployed(account, "staging", "https://api.example", "new", ""))
    assert [one for one in sent if one] == [{"Authorization": "Bearer not.a.token"}]  # for the authorizer
    refused = [one.check for one in found if one.severity is Severity.REFUSED]
    assert refused == [
        "GET /v1/profile",
        "GET /admin/v1/rights-requests",
        "POST /v1/hooks/stream",
        "GET /Stage/v1/health",
    ]
    assert found[-1].check == "alarms"
    assert found[-1].severity is Severity.WARNING
    (other,) = smoke.try_deployed(account, "production", "https://api.example", "new", "")
    assert other.severity is Severity.REFUSED
    domain = [smoke.try_domain("https://api.ru4m.example", version).severity for version in ("new", "newer")]
    assert domain == [Severity.OK, Severity.WARNING]
    monkeypatch.setattr(requests, "get", lambda *_, **__: raising(requests.ConnectionError()))
    assert smoke.try_domain("https://api.ru4m.example", "new").severity is Severity.WARNING


@pytest.mark.parametrize(("status", "severity"), [(200, "refused"), (403, "ok"), (404, "ok")])
def test_second_stage_that_answers_fails_the_smoke_test(
    account: FakeAccount, monkeypatch: pytest.MonkeyPatch, status: int, severity: str
) -> None:
    healthy = {"status": "ok", "version": "new", "stage": "staging"}
    monkeypatch.setattr(requests, "get", lambda *_, **__: SimpleNamespace(ok=True, json=lambda: healthy))
    asked: list[str] = []

    def answer(method: str, url: str, **__: object) -> Any:
        asked.append(url)
        return SimpleNamespace(status_code=status)

    monkeypatch.setattr(requests, "request", answer)
    *_, second, _ = smoke.try_deployed(account, "staging", "https://api.example/api", "new", "")
    assert (second.severity, asked[-1]) == (severity, "https://api.example/Stage/v1/health")
    assert ("Delete the stage named `Stage`" in second.remedy) == (severity == "refused")


def test_failed_smoke_test_ends_the_command_with_status_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = answering(
        describe_stacks={"Stacks": [{"StackStatus": "UPDATE_COMPLETE"}]},
        get_email_identity={"DkimAttributes": {}},
    )
    fails = DeploymentFinding("health", Severity.REFUSED, "no answer", "Roll back.")
    monkeypatch.setattr(smoke, "try_deployed", lambda *_: iter([fails]))
    done = Deployment("https://api.example", "ru4m-staging-service", {})
    with pytest.raises(typer.Exit) as ended:
        command.finish(account, "staging", done, "1")
    assert ended.value.exit_code == 1


def test_smoke_test_of_a_deployed_stage_runs_on_its_own(
    stages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = [{"OutputKey": "EndpointURL", "OutputValue": "https://api.example/api/"}]
    version = [{"ParameterKey": "Version", "ParameterValue": "0123"}]
    stack = {"StackStatus": "UPDATE_COMPLETE", "Outputs": outputs, "Parameters": version}
    account = answering(describe_stacks={"Stacks": [stack]}, get_email_identity={"DkimAttributes": {}})
    tried: list[tuple[str, str]] = []

    def try_deployed(_: object, __: str, url: str, version: str, ___: str) -> Iterator[DeploymentFinding]:
        tried.append((url, version))
        return iter([])

    monkeypatch.setattr(command, "account_of", lambda *_: account)
    monkeypatch.setattr(smoke, "try_deployed", try_deployed)
    result = CliRunner().invoke(command.app, ["smoke", "--stage", "staging"])
    assert (result.exit_code, tried) == (0, [("https://api.example/api", "0123")])


def a_queue(name: str, *, waiting: int, delayed: int) -> QueueStanding:
    return QueueStanding(name, "url", "arn", waiting, 0, delayed, "")


@pytest.mark.parametrize(("typed", "removed"), [("staging\n", True), ("yes\n", False), ("\n", False)])
def test_service_is_removed_only_after_the_name_of_the_stage_was_typed(
    stages: Path, account: FakeAccount, monkeypatch: pytest.MonkeyPatch, typed: str, *, removed: bool
) -> None:
    done: list[str] = []
    monkeypatch.setattr(command, "account_of", lambda *_: account)
    monkeypatch.setattr(command, "remove_service", lambda _, stage, __: done.append(stage))
    found = [a_queue("hooks", waiting=2, delayed=1), a_queue("rights", waiting=0, delayed=0)]
    monkeypatch.setattr(queues, "standings", lambda *_: found)
    result = CliRunner().invoke(command.app, ["remove", "--stage", "staging"], input=typed)
    assert (done, result.exit_code) == ((["staging"], 0) if removed else ([], 1))
    assert "Messages in its queues now: 3 in hooks." in result.stdout


@pytest.mark.parametrize(
    ("country", "law"), [("RS", None), ("DE", "eu"), ("GF", "eu"), ("GB", "uk"), ("CH", "ch"), ("LI", "eu")]
)
def test_each_law_of_a_served_country_wants_a_representative(country: str, law: str | None) -> None:
    arranged = Accountability(served={"BA", country})
    wanted = [key for key, _ in arranged.missing() if "representatives" in key]
    assert wanted == ([f"accountability.representatives.{law}"] if law else [])
    named = replace(arranged, representatives={str(law): "Example"})
    assert not [key for key, _ in named.missing() if "representatives" in key]


def test_production_is_refused_while_it_serves_a_country_without_its_representative(
    run: Run, stages: Path
) -> None:
    served = SETTINGS.replace('["RS", "DE"]', '["RS", "DE", "GB"]')
    (stages / "production.toml").write_text(served + ACCEPTED + ARRANGED)
    (line,) = run(stage="production").stderr.splitlines()
    assert line.startswith("refused  accountability: accountability.representatives.uk is not set")
    (stages / "staging.toml").write_text(served + ARRANGED)
    assert run("--check").exit_code == 0


@pytest.mark.parametrize("named", ["Example | GmbH", "x" * 121])
def test_representative_that_no_function_could_read_is_refused(run: Run, named: str) -> None:
    refused = run("--check", "--set", f"accountability.representatives.eu='{named}'")
    assert "accountability.representatives.eu is refused" in refused.stderr


def test_representatives_that_do_not_fit_together_are_refused(run: Run) -> None:
    long = (f"--set=accountability.representatives.{law}='{'x' * 100}'" for law in ("eu", "uk", "ch"))
    refused = run("--check", *long)
    assert "accountability.representatives is refused: all together" in refused.stderr


def test_accountability_names_every_processor_outside() -> None:
    arranged = replace(Accountability(), serbian_clauses={})
    assert [key for key, _ in arranged.missing() if "clauses" in key] == [
        "accountability.serbian_clauses.stream"
    ]
