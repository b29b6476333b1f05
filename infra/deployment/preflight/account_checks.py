"""Checks of the AWS account: the identity that deploys, what it may send, and how much it may run."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ProfileNotFound,
)

from chalicelib.core import figures
from chalicelib.core.settings import Stage
from infra.deployment import concurrency, setting_keys, texts
from infra.deployment.account import AwsAccount, existing
from infra.deployment.concurrency import ReservationRefused
from infra.deployment.findings import DeploymentFinding, ok, refused, warning
from infra.deployment.preflight.acceptance import not_ready
from infra.deployment.stacks import Stacks, stack_name
from infra.deployment.target import DeploymentTarget

_SIGN_IN = "Sign in (for example with `aws sso login`), or set AWS_PROFILE."
# Below it, the workers of queues and a few users at a time already use up the concurrency of a new account.
_LEAST_CONCURRENCY = 100


def credentials(account: AwsAccount) -> DeploymentFinding:
    """The identity that deploys, and its account."""
    try:
        found = account.client("sts").get_caller_identity()
    except ClientError as error:
        what = f"AWS does not accept the credentials ({error.response['Error']['Code']})"
        return refused("credentials", what, _SIGN_IN)
    except (EndpointConnectionError, ConnectTimeoutError):
        what = f"{account.endpoint or 'AWS'} does not answer"
        return refused("credentials", what, "Check the network, --region and --endpoint-url.")
    except ProfileNotFound as error:
        return refused("credentials", str(error), "Set AWS_PROFILE to one of your AWS configuration.")
    except BotoCoreError:
        return refused("credentials", "no AWS credentials were found", _SIGN_IN)
    return ok("credentials", f"{found['Arn']} in account {found['Account']}")


def concurrency_of_account(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """How many functions may run at a time, and whether the reservations fit."""
    functions = frozenset(setting_keys.function_names())
    limit = account.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    try:
        concurrency.check(account, target.stage, target.reserved, functions)
    except ReservationRefused as error:
        yield refused("concurrency", str(error), "Reserve less, or request more at Service Quotas.")
        return
    if limit < _LEAST_CONCURRENCY:
        what = f"the account runs {limit} functions at a time"
        yield not_ready(target, "concurrency", what, "Request 1000 at Service Quotas (Lambda, L-B99A9384).")
    else:
        yield ok("concurrency", f"the account runs {limit} functions at a time")


def request_rate(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether API Gateway admits as many requests as the settings do."""
    limit = account.client("apigateway").get_account()["throttleSettings"]["rateLimit"]
    if target.gateway.rate > limit:
        what = f"gateway.rate is {target.gateway.rate}, and the account admits {limit:.0f} requests a second"
        yield warning("request rate", what, "Request more at Service Quotas (API Gateway, L-8A5B8E43).")
    else:
        yield ok("request rate", f"the account admits {limit:.0f} requests a second")


def budget(_: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether AWS reports what the account costs."""
    if target.budget_dollars:
        yield ok("budget", f"{target.budget_dollars} US dollars a month for the whole account")
    elif target.stage == Stage.PRODUCTION:
        what = "alarms.budget_dollars is not set, so a deployment makes no budget of the account"
        yield warning("budget", what, "Set it, unless the account has a budget of its own.")


def sms_limit(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """At which monthly spending SNS stops to send text messages."""
    now, wanted = texts.monthly_dollars(account), target.sms_monthly_dollars
    if (wanted or now) <= texts.DEFAULT_DOLLARS:
        what = f"SNS stops at {wanted or now} US dollar a month, after a few dozen codes"
        remedy = "Set sms.monthly_dollars; AWS raises its maximum on request."
        yield not_ready(target, "SMS limit", what, remedy)
    else:
        yield ok("SMS limit", f"{now} US dollars a month" + (f", to be set to {wanted}" if wanted else ""))


def sms_sandbox(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether text messages reach numbers that were not verified at SNS."""
    if account.client("sns").get_sms_sandbox_account_status()["IsInSandbox"]:
        what = f"in the sandbox of SNS, so stage {target.stage} sends codes to verified numbers only"
        remedy = "Request production access for SMS in the console of SNS."
        yield not_ready(target, "SMS sandbox", what, remedy)
    else:
        yield ok("SMS sandbox", "left")


def mail(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether SES sends mail to everyone, and as fast as the settings say."""
    found = account.client("sesv2").get_account()
    if not found["ProductionAccessEnabled"]:
        what = "in the sandbox of SES, so mail reaches verified addresses only"
        yield not_ready(target, "mail", what, "Request production access in the console of SES.")
    if not found["SendingEnabled"]:
        yield warning("mail", "SES has stopped sending for this account", "Read why in the console of SES.")
    wanted = figures.read(figures.FanOut, {figures.PACKED: target.figures}).mails_per_second
    rate = found.get("SendQuota", {}).get("MaxSendRate")
    if rate is not None and 0 <= rate < wanted:
        what = f"SES sends {rate:.0f} mails a second, and fanout.mails_per_second is {wanted}"
        yield warning("mail", what, "Lower the figure, or request a higher rate in the console of SES.")
    if found["ProductionAccessEnabled"] and found["SendingEnabled"]:
        yield ok("mail", "SES sends mail to every address")


def mail_domain(account: AwsAccount, target: DeploymentTarget) -> Iterator[DeploymentFinding]:
    """Whether the domain of the sender is this stage's own, and verified at SES."""
    ses, stacks = account.client("sesv2"), Stacks(account)
    dns = "Put its three DKIM records into the DNS, which the deployment prints."
    own, used = f"ru4m-{target.stage}-", stacks.parameter_of_all("MailDomain")
    for name in sorted(name for name in used if not name.startswith(own)):
        if used[name] == target.mail_domain:
            what = f"{name} sends mail from {target.mail_domain} too"
            yield refused("mail domain", what, "Choose a domain for this stage only, such as a subdomain.")
            return
    if used.get(data := stack_name(target.stage, "data"), target.mail_domain) != target.mail_domain:
        what = f"{data} has the domain {used[data]}, and another one would replace its identity at SES"
        yield refused("mail domain", what, "Keep the domain of mail_from, or follow docs/deploy.md#mail.")
        return
    found = existing(lambda: ses.get_email_identity(EmailIdentity=target.mail_domain))
    if found is None:
        what = f"{target.mail_domain} is no identity of SES yet: the deployment creates it, and mail waits"
        yield warning("mail domain", what, dns)
        return
    if not stacks.status(data):
        what = f"{target.mail_domain} is an identity of SES already, which the stack of this stage creates"
        yield refused("mail domain", what, "Import or delete it (`retained data`), or choose a subdomain.")
        return
    if found["VerifiedForSendingStatus"]:
        yield ok("mail domain", f"{target.mail_domain} is verified")
    else:
        yield warning("mail domain", f"{target.mail_domain} is not verified, so mail waits", dns)
