"""Tests deploying stacks with a fake CloudFormation that records its requests."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.consents.notices.model import NoticeKind
from chalicelib.core import clock, countries, figures
from chalicelib.core.durations import Duration
from chalicelib.core.figures import FigureSet
from chalicelib.core.settings import BudgetMode, ErasureExtent, SettingsError
from chalicelib.core.settings import read as settings_of
from infra.build import Package
from infra.deployment import stacks, text_routes, texts
from infra.deployment.account import AwsAccount, RegionError
from infra.deployment.receivers import AlarmReceiverRefused, AlarmReceivers
from infra.deployment.rollout import deploy
from infra.deployment.stacks import StackFailed
from infra.deployment.target import DeploymentTarget, GatewayRates, SettingRefused
from infra.template import load
from tests.infra.fakes import REGION, FakeAccount, FakeCloudFormation
from tests.support.clouds.environment import variables
from tests.support.world.notices import a_version, publish


def outputs_of(stack: str) -> dict[str, str]:
    match stack.rsplit("-", 1)[-1]:
        case "vault":
            purposes = (
                "Apple",
                "Codes",
                "Google",
                "Lookup",
                "Pairs",
                "Peppers",
                "Receipts",
                "Refresh",
                "Signing",
                "Sealing",
                "Staff",
                "Stream",
            )
            secrets = {f"{p}SecretArn": f"arn:{p.lower()}" for p in purposes}
            keys = {"StageKeyArn": "arn:key", "SealingKeyArn": "arn:sealing-key"}
            certificates = {"CertificateKeyArn": "arn:new", "CertificateKeyArns": "arn:new,arn:old"}
            return secrets | keys | certificates
        case "data":
            return {"AccountsTableName": "ru4m-staging-accounts"}
        case _:
            return {"ApiId": "abc", "EndpointURL": "https://abc.execute-api.eu-central-1.amazonaws.com/api/"}


def a_target(**changes: Any) -> DeploymentTarget:
    settings: dict[str, Any] = {
        "stage": "staging",
        "stream_api_key": "key",
        "stream_url": "https://stream.example",
        "contact_email": "privacy@ru4m.example",
        "company_number": "12345678",
        "tax_number": "123456789",
        "issuer": "https://api.ru4m.example",
        "mail_from": "notices@ru4m.example",
        "stream_secret": "s3cret",
        "alarms": AlarmReceivers(("ops@ru4m.example",)),
    }
    return DeploymentTarget(**settings | changes)


@pytest.fixture
def account() -> FakeAccount:
    return FakeAccount(REGION, formation=FakeCloudFormation(outputs=outputs_of))


def parameters(request: dict[str, Any]) -> dict[str, str]:
    return {p["ParameterKey"]: p["ParameterValue"] for p in request["Parameters"]}


def test_stacks_are_deployed_in_order_and_pass_on_their_outputs(
    account: FakeAccount, package: Package
) -> None:
    done = deploy(account, package, a_target(), report=lambda _: None)
    asked = account.formation.asked
    assert [r["StackName"] for r in asked] == [
        "ru4m-staging-vault",
        "ru4m-staging-data",
        "ru4m-staging-service",
    ]
    service = parameters(asked[-1])
    assert service["CodesSecretArn"] == "arn:codes"
    assert service["AccountsTableName"] == "ru4m-staging-accounts"
    assert service["OnEmulator"] == "no"
    assert service["MailFrom"] == "notices@ru4m.example"
    assert parameters(asked[1])["MailDomain"] == service["MailDomain"] == "ru4m.example"
    assert done.api_url == "https://abc.execute-api.eu-central-1.amazonaws.com/api"


def test_receivers_of_alarms_are_subscribed_to_the_topic_of_the_stage(
    account: FakeAccount, package: Package
) -> None:
    said: list[str] = []
    topic = "arn:aws:sns:eu-central-1:111111111111:pager"
    named = AlarmReceivers(("ops@ru4m.example", "privacy@ru4m.example"), topic)
    deploy(account, package, a_target(alarms=named), report=said.append)
    own = f"arn:aws:sns:{REGION}:000000000000:ru4m-staging-alarms"
    assert account.sns.subscribed == [(own, "ops@ru4m.example"), (own, "privacy@ru4m.example")]
    assert parameters(account.formation.asked[-1])["OtherAlarmTopic"] == topic
    assert not [line for line in said if "@" in line]  # logs of deployments are kept


def test_stage_without_a_receiver_of_alarms_is_refused_before_anything_changes(
    account: FakeAccount, package: Package
) -> None:
    with pytest.raises(AlarmReceiverRefused, match=r"alarms\.emails or alarms\.topic"):
        deploy(account, package, a_target(alarms=AlarmReceivers()), report=lambda _: None)
    assert account.formation.asked == []


def test_receiver_that_was_subscribed_before_is_enough(account: FakeAccount, package: Package) -> None:
    deploy(account, package, a_target(), report=lambda _: None)
    again = deploy(account, package, a_target(alarms=AlarmReceivers()), report=lambda _: None)
    assert again.stack == "ru4m-staging-service"


@pytest.mark.promise("RGT-3")
def test_public_keys_of_all_certificate_keys_are_published(account: FakeAccount, package: Package) -> None:
    deploy(account, package, a_target(), report=lambda _: None)
    service = parameters(account.formation.asked[-1])
    published = json.loads(service["CertificateKeys"])["keys"]
    assert [key["kid"] for key in published] == [
        hashlib.sha256(account.kms.public[arn]).hexdigest() for arn in ("arn:new", "arn:old")
    ]
    assert {*published[0]} == {"kid", "pem"}
    assert service["CertificateKeyArn"] == "arn:new"
    assert "CertificateKeyArns" not in service


def test_templates_are_always_uploaded_to_the_bucket(account: FakeAccount, package: Package) -> None:
    deploy(account, package, a_target(), report=lambda _: None)
    for request in account.formation.asked:
        assert "TemplateBody" not in request
        assert request["TemplateURL"].startswith(f"https://ru4m-deploy-000000000000-{REGION}.s3.{REGION}.")
    inline_limit = 51_200  # bytes; the service template exceeds the limit or is about to
    assert package.template("service").stat().st_size > inline_limit // 2


def test_repeated_deployment_of_the_same_package_changes_nothing(
    account: FakeAccount, package: Package
) -> None:
    said: list[str] = []
    first = deploy(account, package, a_target(), report=said.append)
    again = deploy(account, package, a_target(), report=said.append)
    assert again == first
    assert [line for line in said if "unchanged" in line] == [
        f"ru4m-staging-{part}: unchanged" for part in ("vault", "data", "service")
    ]


def test_failing_stack_shows_its_error_and_ends_the_deployment(
    account: FakeAccount, package: Package
) -> None:
    account.formation.fails = {"ru4m-staging-data"}
    with pytest.raises(StackFailed) as failure:
        deploy(account, package, a_target(), report=lambda _: None)
    assert failure.value.events == ["AccountsTable CREATE_FAILED: no room"]
    assert [r["StackName"] for r in account.formation.asked][-1] == "ru4m-staging-data"


def test_update_that_is_rolled_back_says_what_failed(account: FakeAccount, package: Package) -> None:
    deploy(account, package, a_target(), report=lambda _: None)
    account.formation.fails = {"ru4m-staging-service"}
    with pytest.raises(StackFailed, match="ru4m-staging-service: UPDATE_ROLLBACK_COMPLETE") as failure:
        deploy(account, package, a_target(periods="usage=P14D"), report=lambda _: None)
    assert failure.value.events == ["AccountsTable CREATE_FAILED: no room"]


def test_stack_that_is_not_finished_at_the_deadline_fails(
    account: FakeAccount, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stacks, "_PAUSE", 0.01)
    monkeypatch.setattr(stacks, "_DEADLINE", 0.05)
    account.formation.lasts = {"ru4m-staging-vault"}
    with pytest.raises(StackFailed, match=r"not finished in time \(CREATE_IN_PROGRESS\)"):
        deploy(account, package, a_target(), report=lambda _: None)


def test_refused_change_set_says_why(account: FakeAccount, package: Package) -> None:
    account.formation.refusal = "Template error: no such resource"
    with pytest.raises(StackFailed, match="change set refused") as failure:
        deploy(account, package, a_target(), report=lambda _: None)
    assert failure.value.events == ["Template error: no such resource"]


def test_stack_whose_creation_failed_is_created_again(account: FakeAccount, package: Package) -> None:
    account.formation.status["ru4m-staging-service"] = "ROLLBACK_COMPLETE"
    deploy(account, package, a_target(), report=lambda _: None)
    *_, deleted, made = account.formation.asked
    assert deleted == {"deleted": "ru4m-staging-service", "StackName": "ru4m-staging-service"}
    assert made["ChangeSetType"] == "CREATE"


def test_stream_secret_is_never_a_parameter(account: FakeAccount, package: Package) -> None:
    deploy(account, package, a_target(stream_secret="canary-of-stream"), report=lambda _: None)
    assert "canary-of-stream" not in json.dumps(account.formation.asked)
    assert json.loads(account.secrets.values["arn:stream"]) == {"secret": "canary-of-stream"}


@pytest.mark.promise("RET-1")
def test_periods_are_passed_to_the_functions_as_configured(account: FakeAccount, package: Package) -> None:
    deploy(account, package, a_target(periods="usage=P14D"), report=lambda _: None)
    assert parameters(account.formation.asked[-1])["Periods"] == "usage=P14D"


def test_figures_of_limits_are_passed_to_the_functions_in_one_variable(
    account: FakeAccount, package: Package
) -> None:
    packed = "limit_codes_per_number_day=20"
    deploy(account, package, a_target(figures=packed), report=lambda _: None)
    assert parameters(account.formation.asked[-1])["Figures"] == packed


def test_further_figures_of_a_local_cloud_are_a_parameter_of_their_own() -> None:
    packed = figures.packed(figures.widened(1_000))
    given = a_target(figures=packed, stage="local").figure_parameters
    assert len(given["Figures"]) <= 960 < len(packed)
    assert given["Figures"] + given["LocalFigures"] == packed
    with pytest.raises(SettingRefused, match="more than 960 characters"):
        a_target(figures=packed)


def test_senders_that_no_environment_holds_are_refused() -> None:
    senders = ",".join(f"+3460000{number:04}:ES" for number in range(30))
    with pytest.raises(SettingRefused, match="use fewer numbers"):
        a_target(sms_senders=senders)


def test_numbers_of_workers_are_the_same_for_queues_and_functions(
    account: FakeAccount, package: Package
) -> None:
    packed = figures.packed({"RU4M_FANOUT_ANNOUNCING_WORKERS": "16", "RU4M_FANOUT_MAILS_PER_SECOND": "120"})
    deploy(account, package, a_target(figures=packed), report=lambda _: None)
    given = parameters(account.formation.asked[-1])
    read = figures.read(figures.FanOut, {figures.PACKED: given["Figures"]})
    assert (given["AnnouncingWorkers"], given["RenewalWorkers"]) == ("16", "4")
    assert (read.announcing_workers, read.renewal_workers) == (16, 4)
    allowed = re.compile(load("service/parameters")["Parameters"]["Figures"]["AllowedPattern"])
    assert allowed.match(packed)


@pytest.mark.parametrize("kind", figures.KINDS)
def test_figures_of_every_kind_can_be_deployed(kind: type[FigureSet]) -> None:
    allowed = re.compile(load("service/parameters")["Parameters"]["Figures"]["AllowedPattern"])
    for one in fields(kind):
        default = str(one.metadata["rule"].default)
        assert allowed.match(figures.packed({figures.variable(kind, one.name): default}))


def test_rates_logs_and_the_custom_domain_are_passed_to_the_service(
    account: FakeAccount, package: Package
) -> None:
    arn = f"arn:aws:acm:{REGION}:000000000000:certificate/1-2"
    chosen = a_target(gateway=GatewayRates(rate=50), log_retention_days=7, certificate=arn)
    deploy(account, package, chosen, report=lambda _: None)
    given = parameters(account.formation.asked[-1])
    assert (given["ThrottlingRate"], given["PublicThrottlingRate"]) == ("50", "100")
    assert given["BusyRequests"] == str(50 * 5 * 60 * 80 // 100)  # 80 % of the alarm's five minutes
    assert given["LogRetentionDays"] == "7"
    assert (given["DomainName"], given["CertificateArn"]) == ("api.ru4m.example", arn)


def test_every_parameter_of_the_service_is_set_by_a_deployment(
    account: FakeAccount, package: Package
) -> None:
    deploy(account, package, a_target(), report=lambda _: None)
    given = parameters(account.formation.asked[-1]).keys()
    declared = json.loads(package.template("service").read_text())["Parameters"]
    of_stacks = ("Arn", "TableName", "BucketName")  # outputs of the other stacks, which fakes do not have
    left = {name for name in declared if not name.endswith(of_stacks)} - given
    assert {name for name in left if not name.startswith("Reserved")} == {"LocalNotices"}


@pytest.mark.parametrize("figure", ["weighing_days", "lifting_notice_hours"])
def test_only_the_local_stage_ends_a_restriction_without_notice(figure: str) -> None:
    environment = variables() | {figures.variable(figures.ChoiceWaits, figure): "0"}
    with pytest.raises(SettingsError, match=r"RU4M_CHOICE_\* is refused: stage staging needs"):
        settings_of(environment)
    choices = settings_of(environment | {"RU4M_STAGE": "local"}).choices
    assert getattr(choices, figure) == 0


def test_invalid_periods_are_refused_before_a_deployment() -> None:
    with pytest.raises(SettingRefused, match="usage has to be between"):
        a_target(periods="usage=P10Y")


@pytest.mark.promise("STR-11")
@pytest.mark.parametrize(("kept", "named"), [("P8D", "P7D"), ("P7D", "PT167H"), ("PT49H", "PT48H")])
def test_messages_are_kept_no_longer_than_the_policy_in_effect_names(
    monkeypatch: pytest.MonkeyPatch, kept: str, named: str
) -> None:
    policy = a_version("2027-02-01", NoticeKind.PRIVACY)
    publish(policy.model_copy(update={"messages_kept": Duration.parse(named)}))
    monkeypatch.setattr(clock, "now", lambda: policy.effective_at - timedelta(seconds=1))
    a_target(periods=f"chat_messages={kept}")
    monkeypatch.setattr(clock, "now", lambda: policy.effective_at)
    a_target(periods=f"chat_messages={named}")
    a_target(periods="chat_messages=P1D")
    said = f"chat_messages is {kept}, and privacy-2027-02-01 lets messages stay at Stream for {named}"
    with pytest.raises(SettingRefused, match=said):
        a_target(periods=f"chat_messages={kept}")


def test_served_countries_and_the_mode_of_budgets_are_passed_to_the_functions(
    account: FakeAccount, package: Package
) -> None:
    deploy(account, package, a_target(), report=lambda _: None)
    given = parameters(account.formation.asked[-1])
    assert (given["SmsCountries"], given["SmsBudgets"]) == (",".join(text_routes.FREE), "enforced")
    chosen = a_target(sms_countries="RS,DE", sms_budgets=BudgetMode.RECORDED)
    deploy(account, package, chosen, report=lambda _: None)
    given = parameters(account.formation.asked[-1])
    assert (given["SmsCountries"], given["SmsBudgets"]) == ("RS,DE", "recorded")


def test_routes_that_are_off_are_passed_to_the_functions(account: FakeAccount, package: Package) -> None:
    for routes_off in ("defaults", "RS,DE"):
        target = a_target(sms_countries="RS,DE,AT", sms_routes_off=routes_off)
        deploy(account, package, target, report=lambda _: None)
        assert parameters(account.formation.asked[-1])["SmsRoutesOff"] == routes_off


@pytest.mark.parametrize("listed", ["ES", "RS,ES", "Spain"])
def test_route_of_a_country_that_is_not_served_cannot_be_off(listed: str) -> None:
    with pytest.raises(SettingRefused, match=r"sms\.routes_off is refused"):
        a_target(sms_countries="RS,DE", sms_routes_off=listed)


def test_senders_and_the_threshold_of_spending_are_passed_to_the_stack(
    account: FakeAccount, package: Package
) -> None:
    deploy(account, package, a_target(), report=lambda _: None)
    given = parameters(account.formation.asked[-1])
    assert (given["SmsSenders"], given["SmsSpentAlarm"]) == ("defaults", "140.0")  # of the 200 that are set
    deploy(account, package, a_target(sms_senders="RU4M:RS", sms_monthly_dollars=500), report=lambda _: None)
    given = parameters(account.formation.asked[-1])
    assert (given["SmsSenders"], given["SmsSpentAlarm"]) == ("RU4M:RS", "350.0")


def test_extent_of_an_erasure_at_stream_is_passed_to_the_functions(
    account: FakeAccount, package: Package
) -> None:
    deploy(account, package, a_target(), report=lambda _: None)
    assert parameters(account.formation.asked[-1])["StreamErasure"] == "keep_conversations"
    deploy(account, package, a_target(stream_erasure=ErasureExtent.EVERYTHING), report=lambda _: None)
    assert parameters(account.formation.asked[-1])["StreamErasure"] == "everything"


def test_default_countries_have_phone_numbers() -> None:
    texts.check_countries(",".join(countries.SERVED))


@pytest.mark.parametrize("listed", ["RS,UK", "RS,Germany"])
def test_country_without_phone_numbers_is_refused_before_a_deployment(listed: str) -> None:
    with pytest.raises(SettingRefused, match=r"sms\.countries is refused"):
        a_target(sms_countries=listed)


@pytest.mark.promise("SEC-1")
def test_operators_of_the_own_account_are_accepted_unless_others_are_named(
    account: FakeAccount, package: Package
) -> None:
    users = "arn:aws:iam::000000000000:user/*"
    center = "arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_*/*"
    deploy(account, package, a_target(), report=lambda _: None)
    assert parameters(account.formation.asked[-1])["Operators"] == f"{users},{center}"
    deploy(account, package, a_target(operators=users), report=lambda _: None)
    assert parameters(account.formation.asked[-1])["Operators"] == users


@pytest.mark.promise("SEC-1")
def test_operators_with_chosen_names_are_refused_before_a_deployment() -> None:
    with pytest.raises(SettingRefused, match="operators is refused"):
        a_target(operators="arn:aws:sts::000000000000:assumed-role/Operators/*")


@pytest.mark.promise("STR-7")
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-2", "eu-central-2", "rs-central-1", ""])
def test_region_outside_the_eu_is_refused(region: str) -> None:
    with pytest.raises(RegionError, match="is not in the EU"):
        AwsAccount(region)


def test_region_of_another_partition_is_refused_with_the_reason() -> None:
    with pytest.raises(RegionError, match="eusc-de-east-1 is another partition of AWS"):
        AwsAccount("eusc-de-east-1")
