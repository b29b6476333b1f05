"""One cached boto3 client per service, made at first use: a cold start pays only for what it calls."""

from functools import cache
from typing import Any

from chalicelib.core.settings import settings


@cache
def client(service: str) -> Any:  # noqa: ANN401 - boto3 ships no types; each service has one typed module over this
    """The process's client of an AWS service, with deadlines that fit inside a 29 s request."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,
        region_name=settings().region,
        config=Config(
            connect_timeout=2,
            read_timeout=5,
            retries={"mode": "standard", "total_max_attempts": 3},
        ),
    )
