"""Copies of what moto holds, which cost a tenth of making it by the APIs.

There is one of an empty account, and one after each beginning that several tests share: see `begin`.
"""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from moto.dynamodb.models import dynamodb_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.ses.models import ses_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from chalicelib.core import clock
from tests.support.clouds.environment import REGION
from tests.support.clouds.moto import calls as moto_calls

T = TypeVar("T")

ACCOUNT = "123456789012"  # the account that moto uses
_kept: list[bytes] = []
_begun: dict[tuple[Any, ...], bytes] = {}


def keep() -> None:
    """Keep the resources that were just created, for the later worlds of this process."""
    resources = [getattr(backend, name) for backend, name in _places()]
    queues = [*sqs_backends[ACCOUNT][REGION].queues]  # queues hold locks, which cannot be copied
    _kept.append(pickle.dumps((resources, queues, os.environ["RU4M_STAGE_KEYS"])))


def restore() -> bool:
    """Put copies of the kept resources into the account, if there are any."""
    if not _kept:
        return False
    resources, queues, os.environ["RU4M_STAGE_KEYS"] = pickle.loads(_kept[0])  # noqa: S301 - made above
    for (backend, name), resource in zip(_places(), resources, strict=True):
        setattr(backend, name, resource)
    for queue in queues:
        sqs_backends[ACCOUNT][REGION].create_queue(queue)
    return True


def _places() -> list[tuple[Any, str]]:
    """Where moto keeps resources: a backend, and the name of its attribute."""
    return [
        (dynamodb_backends[ACCOUNT][REGION], "tables"),
        (secretsmanager_backends[ACCOUNT][REGION], "secrets"),
        (kms_backends[ACCOUNT][REGION], "keys"),
        (ses_backends[ACCOUNT][REGION], "email_identities"),
        (s3_backends[ACCOUNT]["aws"], "buckets"),
        (s3_backends, "bucket_accounts"),
    ]


@dataclass
class Beginning:
    """The steps with which a world began, as long as nothing else happened in it."""

    log: io.StringIO
    changed: Callable[[], bool]  # whether the test replaced code of this process
    steps: tuple[str, ...] = ()
    calls: int = 0  # calls to moto at the end of the last step

    def __post_init__(self) -> None:
        self.calls = moto_calls.made()

    def perform(self, step: str, work: Callable[[], T]) -> T:
        """Do the work, or restore what it did in an earlier world that began with the same steps.

        The log and the stored items are those of the work; the process reads its keys again.
        """
        if self.changed() or moto_calls.made() != self.calls:
            return work()
        steps = (*self.steps, step)
        key = (steps, clock.now(), frozenset(_settings().items()))
        if key not in _begun:
            result = work()
            _begun[key] = pickle.dumps((_contents(), self.log.getvalue(), result))
        (tables, texts, mails), log, result = pickle.loads(_begun[key])  # noqa: S301 - made above
        dynamodb_backends[ACCOUNT][REGION].tables = tables
        sns_backends[ACCOUNT][REGION].sms_messages = texts
        ses_backends[ACCOUNT][REGION].sent_messages = mails
        self.log.seek(0)
        self.log.truncate()
        self.log.write(log)
        self.steps, self.calls = steps, moto_calls.made()
        return result


def _settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("RU4M_")}


def _contents() -> tuple[Any, Any, Any]:
    """What a step may change: items, texts and mails."""
    assert not any(queue._messages for queue in sqs_backends[ACCOUNT][REGION].queues.values())
    return (
        dynamodb_backends[ACCOUNT][REGION].tables,
        sns_backends[ACCOUNT][REGION].sms_messages,
        ses_backends[ACCOUNT][REGION].sent_messages,
    )
