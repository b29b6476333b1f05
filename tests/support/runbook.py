"""What the sections of docs/runbook.md need: the roles that their words and commands name, and permissions.

The permissions of the on-call role follow from its commands. tests/infra/test_runbook.py compares them with
its policy, and tests/e2e/test_runbook_tried.py tries each command under its role.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

import botocore.session
from botocore import xform_name

from infra.template.alarms import RUNBOOK, read_runbook

ROLES = (
    "on-call", "operator", "two operators", "reports", "deployment", "administrator", "Stream's dashboard",
)  # fmt: skip
ON_CALL, OPERATOR, TWO, REPORTS, DEPLOYMENT, ADMINISTRATOR, DASHBOARD = ROLES
SECTIONS = read_runbook(RUNBOOK)
PAGE = RUNBOOK.read_text(encoding="utf-8")

_HERE = "${AWS::Region}:${AWS::AccountId}"


def _arn(service: str, resource: str) -> str:
    return f"arn:${{AWS::Partition}}:{service}:{_HERE}:{resource}"


_QUEUES = _arn("sqs", "ru4m-${Stage}-*")
_SERVICE_STACK = ("cloudformation:DescribeStacks", _arn("cloudformation", "stack/ru4m-${Stage}-service/*"))
_LIST_QUEUES = {("sqs:ListQueues", "*"), ("sqs:GetQueueAttributes", _QUEUES)}
_SHOW = {*_LIST_QUEUES, ("sqs:ReceiveMessage", _QUEUES), ("sqs:ChangeMessageVisibility", _QUEUES)}
_LOGS = {
    ("logs:FilterLogEvents", _arn("logs", f"log-group:{group}"))
    for group in ("/aws/lambda/ru4m-${Stage}-*", "/ru4m/${Stage}/*")
}


def _runs(job: str) -> set[tuple[str, str]]:
    return {("lambda:InvokeFunction", f"${{{job}.Arn}}")}


# The commands of the on-call role, and what each calls.
COMMANDS: Mapping[str, set[tuple[str, str]]] = {
    "alarms list": {("cloudwatch:DescribeAlarms", "*")},
    "alarms test": {("cloudwatch:SetAlarmState", _arn("cloudwatch", "alarm:ru4m-${Stage}-*"))},
    "alarms check": {
        _SERVICE_STACK,
        ("sns:ListSubscriptionsByTopic", "${AlarmTopic}"),
        ("sts:GetCallerIdentity", "*"),
    },
    "queues list": _LIST_QUEUES,
    "queues show": _SHOW,
    "queues redrive": {*_SHOW, ("sqs:DeleteMessage", _QUEUES), ("sqs:SendMessage", _QUEUES)},
    "queues purge": {*_LIST_QUEUES, ("sqs:PurgeQueue", _QUEUES)},
    "logs": _LOGS,
    "tables backups": {_SERVICE_STACK, ("dynamodb:ListBackups", "*")},
    "chat-settings check": _runs("CheckChatSettings"),
    "purge run": _runs("PurgeExpired"),
    **dict.fromkeys(("idle-accounts run", "idle-accounts release"), _runs("CloseIdleAccounts")),
    **dict.fromkeys(("reconcile run", "reconcile release"), _runs("ReconcileChat")),
}
# Those of other roles than the operators'. `recipients reviews` calls nothing.
_OF_ROLES = {
    **dict.fromkeys(COMMANDS, ON_CALL),
    "recipients reviews": ON_CALL,
    "rights verify": REPORTS,
    **dict.fromkeys(("chat-settings diff", "chat-settings apply"), DEPLOYMENT),
    **dict.fromkeys(
        ("chat-settings confirm-placement", "keys push", "keys signing", "ledger verify", "tables remove"),
        ADMINISTRATOR,
    ),
}
# What a section lets a person do without a command.
_PHRASES = {
    ON_CALL: r"\b[A-Z]+[a-z]+[A-Z]\w+|[Mm]etrics\b|delivery figures|status page|[Dd]ashboard [A-Z*]",
    DEPLOYMENT: r"\b[Dd]eploy\b(?!\.md)|[Rr]oll back|[Rr]aise the concurrency",
    ADMINISTRATOR: r"administrator|restore\.md|[Rr]estore the|\bvault\b|correct the (secret|credentials)",
    DASHBOARD: r"Stream's dashboard",
}
# The resources of `aws` commands of the on-call role; those of others have none of their own.
_RESOURCES = {
    "dynamodb:DescribeTimeToLive": _arn("dynamodb", "table/ru4m-${Stage}-*"),
    "lambda:GetFunctionConfiguration": "${AccessToken.Arn}",
    "lambda:GetFunctionRecursionConfig": _arn("lambda", "function:ru4m-${Stage}-*"),
    "ses:GetEmailIdentity": _arn("ses", "identity/*"),
}
_SERVICES = {"sesv2": "ses"}
_TAIL = {"tail": "FilterLogEvents"}  # a command of the CLI, and no operation


class AwsCommand(NamedTuple):
    """A command of the AWS CLI, as the runbook has it."""

    service: str
    operation: str  # as the API names it
    options: Mapping[str, str]

    @property
    def action(self) -> str:
        """The action that IAM judges."""
        return f"{_SERVICES.get(self.service, self.service)}:{self.operation}"

    @property
    def reads(self) -> bool:
        """Return whether it changes nothing, and is not of an investigation."""
        return self.operation.startswith(("Describe", "Filter", "Get", "List"))


@cache
def _operations(service: str) -> Mapping[str, str]:
    """Return the operations of a service by the names that the AWS CLI has for them."""
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name, "-"): name for name in model.operation_names} | _TAIL


def ops_commands(text: str) -> Iterator[str]:
    """Yield the commands of operations in a text, with their words."""
    return (" ".join(one.split()) for one in re.findall(r"`ops\s+([^`]+)`", text))


def aws_commands(text: str) -> Iterator[AwsCommand]:
    """Yield the commands of the AWS CLI in a text.

    Raises:
        KeyError: a service has no such operation.
    """
    for one in re.findall(r"`aws\s+([^`]+)`", text):
        service, named, *words = one.split()
        known = _operations(service)
        options = dict(re.findall(r"--([a-z-]+) ([^-]\S*)", " ".join(words)))
        options |= {"log-group-name": words[0]} if named in _TAIL else {}
        yield AwsCommand(service, known[named], options)


def name_of(command: str, known: Iterable[str]) -> str:
    """Return which of some commands, such as `queues show`, a text begins with, or ""."""
    return next((one for one in known if f"{command} ".startswith(f"{one} ")), "")


def role_of(command: str) -> str:
    """Return the role of a command of operations."""
    decides = command.split()[1:2] in (["approve"], ["confirm"])
    return TWO if decides else _OF_ROLES.get(name_of(command, _OF_ROLES), OPERATOR)


def role_of_aws(command: AwsCommand, deployed: set[str]) -> str:
    """Return the role of a command of the AWS CLI, given the actions of the role that deploys."""
    if command.reads:
        return ON_CALL
    return DEPLOYMENT if command.action in deployed else ADMINISTRATOR


def needs(section: Mapping[str, str], deployed: set[str]) -> list[str]:
    """Return the roles of a section, from its first look and its remedy."""
    text = f"{section['First look']} {section['Remedy']}"
    found = {role_of(one) for one in ops_commands(text)}
    found |= {role_of_aws(one, deployed) for one in aws_commands(text)}
    words = re.sub(r"`([^`]*)`", lambda code: "" if " " in code[1] else code[1], text)
    found |= {role for role, phrase in _PHRASES.items() if re.search(phrase, words)}
    if TWO in found:
        found.discard(OPERATOR)
    return [role for role in ROLES if role in (found or {ON_CALL})]


def on_call_grants() -> set[tuple[str, str]]:
    """Return each action, with its resource, that commands of the page need of the on-call role."""
    by_name = (COMMANDS.get(name_of(one, COMMANDS), set()) for one in ops_commands(PAGE))
    reading = (one.action for one in aws_commands(PAGE) if one.reads and one.operation != "FilterLogEvents")
    tails = _LOGS if any(one.operation == "FilterLogEvents" for one in aws_commands(PAGE)) else set()
    return set().union(*by_name) | {(one, _RESOURCES.get(one, "*")) for one in reading} | tails
