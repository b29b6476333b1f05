"""Makes the composite alarm of the template, which the emulator's CloudFormation does not know."""

from __future__ import annotations

import json

from infra.build import Package
from infra.deployment.account import AwsAccount
from infra.deployment.receivers import topic_of
from infra.template.alarm_table import COMPOSITE
from infra.template.alarms import full_name

_KIND = "AWS::CloudWatch::CompositeAlarm"


def put_composite(account: AwsAccount, package: Package, stage: str) -> None:
    """Create or update the composite alarm, with the rule, text and receivers of the package's template."""
    resources = json.loads(package.template("service").read_text())["Resources"].values()
    (composite,) = (one["Properties"] for one in resources if one["Type"] == _KIND)

    def substituted(value: dict[str, str]) -> str:
        return value["Fn::Sub"].replace("${Stage}", stage)

    receivers = [topic_of(account, stage)]
    account.client("cloudwatch").put_composite_alarm(
        AlarmName=substituted(composite["AlarmName"]),
        AlarmRule=substituted(composite["AlarmRule"]),
        AlarmDescription=composite["AlarmDescription"],
        AlarmActions=receivers,
        OKActions=receivers,
    )


def delete_composite(account: AwsAccount, stage: str) -> None:
    """Delete the composite alarm, as CloudFormation on AWS does before the alarms of its rule."""
    name = full_name(COMPOSITE).replace("${Stage}", stage)
    account.client("cloudwatch").delete_alarms(AlarmNames=[name])
