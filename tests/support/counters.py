"""Outages in which only the counters of limits are unreachable."""

from contextlib import AbstractContextManager

from botocore.exceptions import EndpointConnectionError

from tests.support.cloud import failing


def unreachable_counters() -> AbstractContextManager[None]:
    """Let each update of the table of counters fail before it is sent."""
    outage = EndpointConnectionError(endpoint_url="https://dynamodb")
    return failing("dynamodb", "UpdateItem", outage, touching="ru4m-test-challenges")


def unreachable_counters_once() -> AbstractContextManager[None]:
    """Let one hit of a counter fail, with its retries; the next call reaches the table."""
    outage = EndpointConnectionError(endpoint_url="https://dynamodb")
    return failing("dynamodb", "UpdateItem", outage, times=3, touching="ru4m-test-challenges")
