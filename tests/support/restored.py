"""Restores this process after a test in which it acted as a function on another AWS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import boto3

from chalicelib.core import aws
from tests.support import cloud


@contextmanager
def restored_process() -> Iterator[None]:
    """Restore the environment at the end of the block, and drop what was made under another.

    boto3's default session counts too: it keeps the addresses and the keys that it was made with, so clients
    made later would go to an emulator that has ended.
    """
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        forget_clients()


def forget_clients() -> None:
    """Make clients, session and keys anew at their next use."""
    aws.client.cache_clear()
    boto3.DEFAULT_SESSION = None
    cloud.new_container()
