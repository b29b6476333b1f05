"""Receivers of alarms: addresses that are subscribed to the stage's topic, or a further topic.

An address gets nothing before its owner has confirmed the subscription by the link in SNS's mail. SNS drops a
subscription that is not confirmed within two days, and a repeated deployment sends the link again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from infra.deployment.account import AwsAccount, existing
from infra.deployment.stacks import Report
from infra.ops.refused import CommandRefused

LOCAL = "local"  # the only stage without receivers
_WAITING = "PendingConfirmation"
_PENDING = {_WAITING, "Deleted"}  # what SNS lists instead of the ARN of a subscription
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_TOPIC = re.compile(r"arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+")


class AlarmReceiverRefused(CommandRefused):
    """A receiver is malformed, or a stage has none; the text says what to do."""


@dataclass(frozen=True)
class AlarmReceivers:
    """The receivers that a deployment names."""

    emails: tuple[str, ...] = ()
    topic: str = ""

    def __post_init__(self) -> None:
        """Refuse what SNS would refuse after the stacks were changed."""
        for email in self.emails:
            if not _ADDRESS.fullmatch(email):
                raise AlarmReceiverRefused("alarms.emails is refused: one of them is not an email address")
        if self.topic and not _TOPIC.fullmatch(self.topic):
            raise AlarmReceiverRefused("alarms.topic is refused: it is not the ARN of a topic")


def topic_of(account: AwsAccount, stage: str) -> str:
    """The ARN of the stage's topic, as the template names it."""
    return f"arn:{account.partition}:sns:{account.region}:{account.number}:ru4m-{stage}-alarms"


def check(account: AwsAccount, stage: str, named: AlarmReceivers) -> None:
    """Refuse to deploy a stage whose alarms would reach no receiver.

    Raises:
        AlarmReceiverRefused: none is named, and none was subscribed before.
    """
    if stage == LOCAL or named.emails or named.topic:
        return
    if not any(_subscriptions(account, topic_of(account, stage))):
        raise AlarmReceiverRefused(
            f"alarms of stage {stage} would reach no receiver: name one in alarms.emails or alarms.topic"
        )


def subscribe(account: AwsAccount, topic: str, named: AlarmReceivers, report: Report) -> None:
    """Subscribe the addresses. An unconfirmed one gets another mail, and a confirmed one is not changed."""
    for email in named.emails:
        account.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint=email)
    if named.emails:
        report(
            f"{len(named.emails)} receivers of alarms subscribed; `ops alarms check` says if one confirmed"
        )


def is_confirmed(account: AwsAccount, stage: str, other: str) -> bool:
    """Return whether a topic that the alarms of a stage notify has a confirmed subscription.

    Raises:
        ClientError: SNS refuses to list the subscriptions of a topic, for example of another account.
    """
    topics = filter(None, (topic_of(account, stage), other))
    found = (one for topic in topics for one in _subscriptions(account, topic))
    return any(one not in _PENDING for one in found)


def unconfirmed(account: AwsAccount, stage: str) -> int:
    """Return how many receivers of the deployed topic still have to open the link in SNS's mail."""
    return sum(one == _WAITING for one in _subscriptions(account, topic_of(account, stage)))


def _subscriptions(account: AwsAccount, topic: str) -> Iterator[str]:
    """The ARN of each subscription, or why it has none; nothing if there is no topic."""
    listed = existing(
        lambda: list(account.listed("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic))
    )
    yield from (one["SubscriptionArn"] for one in listed or ())
