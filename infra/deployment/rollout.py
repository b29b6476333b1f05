"""Creates or updates the three stacks of a stage: `vault`, `data`, `service`; and deletes the last one.

The outputs of one stack are parameters of the next. The same code deploys to AWS and to the local cloud.

A removal deletes the service stack, and everything that is data stays. Keys, secrets, tables, buckets and the
mail identity belong to the other stacks, which it never touches. The next deployment finds them. It also
needs to know which tables were in use, so that is noted first.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial

from botocore.exceptions import ClientError

from chalicelib.core import clock, periods, principals
from chalicelib.core.clock import DAY
from infra.build import Package
from infra.deployment import (
    concurrency,
    indexes,
    queues,
    receivers,
    releases,
    replacement,
    tables,
    texts,
)
from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Report, Stacks, deploy_command, stack_name
from infra.deployment.target import DeploymentTarget
from infra.deployment.vault import certificate_keys_of, fill_vault
from infra.ops.refused import CommandRefused
from infra.packaging.split import logical_id
from infra.template import Template

SECRETS = (
    "apple",
    "codes",
    "google",
    "lookup",
    "pairs",
    "peppers",
    "receipts",
    "refresh",
    "signing",
    "sealing",
    "staff",
    "stream",
)


@dataclass(frozen=True)
class Deployment:
    """A completed deployment."""

    api_url: str
    stack: str
    outputs: dict[str, str]


def deploy(account: AwsAccount, package: Package, target: DeploymentTarget, report: Report) -> Deployment:
    """Create or update all three stacks.

    Raises:
        StackFailed: a stack failed; the stacks before it stay updated.
        MissingSecret: Stream's secret is neither stored nor given.
        ReservationRefused: the account cannot reserve this much concurrency; nothing was changed.
        AlarmReceiverRefused: alarms would reach no receiver; nothing was changed.
        IndexesRefused: more than one index of a table changes; nothing was changed.
        ReplacementRefused: a table, key or bucket would be replaced; the stacks before it stay updated.
        IndexNotBuilt: DynamoDB has not finished an index; the service stack was not changed.
    """
    stacks = Stacks(account, report)
    receivers.check(account, target.stage, target.alarms)
    concurrency.check(account, target.stage, target.reserved, package.functions)
    indexes.check(account, target.stage, _template(package, "data"))

    def upload(part: str) -> str:
        return account.upload(package.template(part), f"{target.stage}/{package.version}/{part}.json")

    def advance(part: str, seconds: float = 0.0) -> dict[str, str]:
        name, wanted = stack_name(target.stage, part), _template(package, part)
        check = partial(replacement.check, name, deployed=stacks.template(name), wanted=wanted)
        return stacks.advance(name, upload(part), parameters_of(part, target), check, seconds)

    vault = advance("vault")
    arns = {purpose: vault[f"{purpose.title()}SecretArn"] for purpose in SECRETS}
    published = fill_vault(account, target.stage, arns, vault["SealingKeyArn"], target.stream_secret)
    certificate_keys = certificate_keys_of(account, vault.pop("CertificateKeyArns"))
    indexes.wait(account, target.stage, report)  # for those of a deployment that was interrupted
    stored = advance("data", indexes.seconds_to_build(account, target.stage))
    indexes.wait(account, target.stage, report)
    data = tables.in_use(stacks, target.stage, stored)
    code = f"{target.stage}/{package.version}/app.zip"
    account.upload(package.code, code)
    account.upload(package.images, f"{target.stage}/{package.version}/{package.images.name}")
    parameters = {
        **vault,
        **published,
        **data,
        **concurrency.parameters(target.reserved),
        "Version": package.version,
        "CodeBucket": account.bucket,
        "CodeKey": code,
        "CertificateKeys": certificate_keys,
        "Operators": target.operators or principals.of_account(account.partition, account.number),
        "OnEmulator": "yes" if account.endpoint else "no",
        "SmsSpentAlarm": texts.spent_alarm(account, target.sms_monthly_dollars),
        **_chosen(target),
    }
    name = stack_name(target.stage, "service")
    service = stacks.deploy(name, upload("service"), {"Stage": target.stage, **parameters})
    releases.record(account, target.stage, package.version, parameters)
    receivers.subscribe(account, receivers.topic_of(account, target.stage), target.alarms, report)
    return Deployment(api_url(account, service), name, service)


def parameters_of(part: str, target: DeploymentTarget) -> dict[str, str]:
    """The parameters of the stack of keys (`vault`) or data (`data`)."""
    stored = {"MailDomain": target.mail_domain, "ExportDays": str(export_days(target.periods))}
    return {"Stage": target.stage, **(stored if part == "data" else {})}


def _template(package: Package, part: str) -> Template:
    template: Template = json.loads(package.template(part).read_text())
    return template


def export_days(configured: str) -> int:
    """The period of copies in whole days, rounded up: S3 must not delete a copy that its subject may fetch.

    S3 deletes an object at the first midnight (UTC) after that many days.

    Raises:
        ValueError: the configured periods are malformed.
    """
    length = clock.BEGINNING + periods.read(configured)["export"] - clock.BEGINNING
    return -(-length // DAY)


# The settings that are parameters of the service as they stand, under their own names.
_AS_NAMED = (
    "app_android_certificates", "app_android_hash", "app_android_package", "app_apple_ids", "app_domain",
    "app_minimum_android", "app_minimum_ios",
    "company_number", "contact_email", "issuer", "log_retention_days", "mail_domain", "mail_from", "periods",
    "push_urls",
    "sms_budgets", "sms_countries", "sms_routes_off", "sms_senders", "stream_addresses", "stream_api_key",
    "stream_erasure", "stream_file_hosts", "stream_url", "tax_number", "waf_requests_per_address",
)  # fmt: skip


def _chosen(target: DeploymentTarget) -> dict[str, str]:
    """The parameters of the service that are settings."""
    return {
        **{logical_id(name): str(getattr(target, name)) for name in _AS_NAMED},
        **target.workers,
        **target.figure_parameters,
        **target.gateway.parameters(),
        "Representatives": target.accountability.packed_representatives,
        "DataProtectionOfficer": target.accountability.data_protection_officer,
        "DisputeBody": target.accountability.dispute_body,
        "ImpactAssessment": target.accountability.impact_assessment,
        "SerbianClauses": target.accountability.clauses,
        "OtherAlarmTopic": target.alarms.topic,
        "DomainName": target.domain,
        "CertificateArn": target.certificate,
    }


def api_url(account: AwsAccount, outputs: dict[str, str]) -> str:
    """Return the URL of the API, from the outputs of the service stack."""
    if account.endpoint:
        # On the emulator, the stack's output would name amazonaws.com.
        return f"{account.endpoint}/_aws/execute-api/{outputs['ApiId']}/api"
    return outputs["EndpointURL"].rstrip("/")


class NothingDeployed(CommandRefused):
    """The stage has no service stack."""


def service_parameters(stacks: Stacks, stage: str) -> dict[str, str]:
    """The parameters of the service stack of a stage.

    Raises:
        NothingDeployed: there is no such stack; the text names the command that creates it.
    """
    held = stacks.parameters(stack_name(stage, "service"))
    if not held:
        create = deploy_command(stage, stacks.account.region)
        raise NothingDeployed(f"stage {stage} has no service: {create} creates it.")
    return held


def lost_messages(account: AwsAccount, stage: str) -> str:
    """The messages that a removal would delete now, as `3 in hooks, 1 in rights-dead`; empty if none.

    A removal that is repeated after a kill may meet queues that SQS still lists and no longer has.
    """
    try:
        standings = queues.standings(account, stage)
    except ClientError as error:
        return f"not known ({error.response['Error']['Code']})"
    counted = ((one.name, one.waiting + one.in_work + one.delayed) for one in standings)
    return ", ".join(f"{number} in {name}" for name, number in counted if number)


def remove_service(account: AwsAccount, stage: str, report: Report) -> None:
    """Delete the service stack; a killed removal may be repeated.

    Raises:
        NothingDeployed: the stage has no service stack.
        StackFailed: a resource could not be deleted.
    """
    stacks = Stacks(account, report)
    held = service_parameters(stacks, stage)
    releases.note_tables(account, stage, tables.about_tables(held))
    stacks.delete(stack_name(stage, "service"))
