"""Restores this process after a test in which it ran as a function on another AWS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import boto3

from chalicelib.core import aws
from tests.support import cloud


@contextmanager
def restored_process() -> Iterator[None]:
    """Restore the environment at the end of the block, and discard the clients made in it.

    boto3's default session is discarded too. It keeps the addresses and keys with which it was made, so later
    clients would call an emulator that has ended.
    """
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        forget_clients()


def forget_clients() -> None:
    """Discard clients, session and keys, so that their next use makes them again."""
    aws.client.cache_clear()
    boto3.DEFAULT_SESSION = None
    cloud.new_container()
