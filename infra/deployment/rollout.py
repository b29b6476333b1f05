"""Creates or updates the three stacks of a stage: `vault`, `data`, `service`.

The outputs of one stack are parameters of the next. The same code deploys to AWS and to the local cloud.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core import principals
from infra.build import Package
from infra.deployment import concurrency, lifecycle, receivers, releases, tables
from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Report, Stacks, stack_name
from infra.deployment.target import DeploymentTarget
from infra.deployment.vault import certificate_keys_of, fill_vault

SECRETS = ("codes", "lookup", "pairs", "receipts", "refresh", "signing", "sealing", "staff", "stream")


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
    """
    stacks = Stacks(account, report)
    receivers.check(account, target.stage, target.alarms)
    reserved = concurrency.read(target.reserved, package.functions)
    concurrency.check(account, target.stage, reserved, package.functions)

    def bring_up(part: str, parameters: dict[str, str]) -> dict[str, str]:
        url = account.upload(package.template(part), f"{target.stage}/{package.version}/{part}.json")
        return stacks.deploy(stack_name(target.stage, part), url, {"Stage": target.stage, **parameters})

    vault = bring_up("vault", {})
    arns = {purpose: vault[f"{purpose.title()}SecretArn"] for purpose in SECRETS}
    published = fill_vault(account, target.stage, arns, vault["SealingKeyArn"], target.stream_secret)
    certificate_keys = certificate_keys_of(account, vault.pop("CertificateKeyArns"))
    stored = {"MailDomain": target.mail_domain, "ExportDays": str(lifecycle.export_days(target.periods))}
    data = tables.in_use(stacks, target.stage, bring_up("data", stored))
    code = f"{target.stage}/{package.version}/app.zip"
    account.upload(package.code, code)
    parameters = {
        **vault,
        **data,
        **concurrency.parameters(reserved),
        "Version": package.version,
        "CodeBucket": account.bucket,
        "CodeKey": code,
        "LookupVersions": published.lookup_versions,
        "PublicKeys": published.public_keys,
        "CertificateKeys": certificate_keys,
        "SigningKid": published.signing_kid,
        "StageKeys": published.stage_keys,
        "Operators": target.operators or principals.of_account(account.partition, account.number),
        "OnEmulator": "yes" if account.endpoint else "no",
        **_chosen(target),
    }
    service = bring_up("service", parameters)
    releases.record(account, target.stage, package.version, parameters)
    receivers.subscribe(account, receivers.topic_of(account, target.stage), target.alarms, report)
    return Deployment(api_url(account, service), stack_name(target.stage, "service"), service)


def _chosen(target: DeploymentTarget) -> dict[str, str]:
    """The parameters of the service that are settings as they stand."""
    return {
        "Issuer": target.issuer,
        "StreamApiKey": target.stream_api_key,
        "StreamUrl": target.stream_url,
        "StreamErasure": target.stream_erasure.value,
        "StreamFileHosts": target.stream_file_hosts,
        "ContactEmail": target.contact_email,
        "Periods": target.periods,
        "Figures": target.figures,
        **target.workers,
        **target.gateway.parameters(),
        "Representative": target.accountability.representative,
        "DataProtectionOfficer": target.accountability.data_protection_officer,
        "ImpactAssessment": target.accountability.impact_assessment,
        "SerbianClauses": target.accountability.clauses,
        "WafRequestsPerAddress": str(target.waf_requests_per_address),
        "LogRetentionDays": str(target.log_retention_days),
        "SmsCountries": target.sms_countries,
        "SmsBudgets": target.sms_budgets.value,
        "MailFrom": target.mail_from,
        "MailDomain": target.mail_domain,
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
