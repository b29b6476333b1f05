"""The list of what an emulator does not have of the templates, each with the reason.

A difference that is not listed fails a test, and so does an entry without a difference: the list must shrink.
docs/deploy.md shows the same list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WHOLE = "(resource)"  # the path of a resource that is absent, or whose type has no reader


@dataclass(frozen=True, order=True)
class Difference:
    """A declared property that an emulator has not, or has with another value."""

    kind: str
    path: str
    resource: str


@dataclass(frozen=True)
class DroppedProperty:
    """A property of a type that is known to be missing, of all its resources unless some are named."""

    kind: str
    path: str
    reason: str
    resources: tuple[str, ...] = ()

    def covers(self, one: Difference) -> bool:
        """Return whether this entry lists a difference."""
        named = not self.resources or one.resource in self.resources
        return named and (self.kind, self.path) == (one.kind, one.path)


DROPPED = (
    DroppedProperty(
        "AWS::ApiGateway::Deployment",
        WHOLE,
        "It has no settings of its own: what it publishes is compared as the API and its stage.",
    ),
    DroppedProperty(
        "AWS::ApiGateway::RestApi",
        "Body",
        "tests/e2e request its routes. The emulator ignores its binary media types, handling of content and "
        "gateway responses; the last are resources of their own there.",
    ),
    DroppedProperty(
        "AWS::ApiGateway::RestApi",
        "EndpointConfiguration.Types.REGIONAL",
        "The emulator knows no kinds of endpoints.",
    ),
    DroppedProperty(
        "AWS::ApiGateway::RestApi",
        "Parameters.endpointConfigurationTypes",
        "The emulator knows no kinds of endpoints.",
    ),
    DroppedProperty(
        "AWS::CloudWatch::Alarm",
        "Metrics",
        "The emulator makes no alarm on an expression; the alarm counts all functions there.",
        ("FunctionErrorsAlarm",),
    ),
    DroppedProperty(
        "AWS::DynamoDB::Table",
        "PointInTimeRecoverySpecification.RecoveryPeriodInDays",
        "The emulator restores backups and no earlier point in time.",
        ("KeysTable",),
    ),
    DroppedProperty("AWS::KMS::Key", "PendingWindowInDays", "No API returns it, also not on AWS."),
    DroppedProperty(
        "AWS::S3::BucketPolicy",
        "PolicyDocument.Statement.NothingIsOverwritten",
        "The emulator does not know the condition key, so the statement would deny every write.",
        ("CheckpointBucketPolicy",),
    ),
    DroppedProperty(
        "AWS::S3::BucketPolicy",
        "PolicyDocument.Statement.OnlyOverTls",
        "The emulator serves plain HTTP, so the statement would deny every request.",
    ),
)


def unlisted(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """The differences that no entry lists."""
    return tuple(one for one in found if not any(entry.covers(one) for entry in DROPPED))


def unfounded(found: Iterable[Difference]) -> tuple[DroppedProperty, ...]:
    """The entries that list no difference: the emulator has these properties by now."""
    there = tuple(found)
    return tuple(entry for entry in DROPPED if not any(entry.covers(one) for one in there))
