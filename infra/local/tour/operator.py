"""A member of staff in the tour, who signs calls of the internal API with the keys of an IAM user."""

from __future__ import annotations

from chalicelib.core import clock
from infra.deployment.account import AwsAccount
from infra.local.cloud import LocalCloud
from infra.local.tour.phone import Phone
from infra.ops.internal_api import InternalApi

_NAME = "tour-operator"


def record_invoice(cloud: LocalCloud, phone: Phone, number: str) -> None:
    """Record an invoice of today for a user."""
    today = clock.day_of(clock.now()).isoformat()
    invoice = {
        "user_id": phone.user_id,
        "invoice_number": number,
        "issued_on": today,
        "amount_minor": 990,
        "currency": "EUR",
        "service_from": today,
        "service_to": today,
        "provider_reference": "pi_tour",
    }
    _signed_in(cloud).call("POST", "/invoices", invoice)


def _signed_in(cloud: LocalCloud) -> InternalApi:
    """Create an IAM user with the policy of operators."""
    iam = cloud.account.client("iam")
    iam.create_user(UserName=_NAME)
    iam.attach_user_policy(UserName=_NAME, PolicyArn=cloud.deployment.outputs["OperatorPolicyArn"])
    key = iam.create_access_key(UserName=_NAME)["AccessKey"]
    account = AwsAccount(
        cloud.account.region, cloud.account.endpoint, key["AccessKeyId"], key["SecretAccessKey"]
    )
    return InternalApi(account, lambda: cloud.state.api_url)
