"""Copies of the resources of an empty account, which cost a tenth of creating them by the APIs of moto."""

from __future__ import annotations

import os
import pickle
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.ses.models import ses_backends
from moto.sqs.models import sqs_backends

from tests.support.environment import REGION

ACCOUNT = "123456789012"  # the account that moto uses
_kept: list[bytes] = []


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
