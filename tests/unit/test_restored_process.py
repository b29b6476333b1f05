"""Tests that a test which acts as a function on another AWS leaves no state behind."""

import os

import pytest

from chalicelib.core import aws
from tests.support.clouds.cloud import forget_clients, restored_process

ELSEWHERE = "http://127.0.0.1:9"


def test_clients_made_after_the_block_use_the_original_address() -> None:
    with restored_process():
        os.environ["AWS_ENDPOINT_URL"] = ELSEWHERE
        forget_clients()
        assert aws.client("kms").meta.endpoint_url == ELSEWHERE
    assert "AWS_ENDPOINT_URL" not in os.environ
    assert aws.client("kms").meta.endpoint_url == "https://kms.eu-central-1.amazonaws.com"


def test_session_made_in_the_block_is_forgotten() -> None:
    with restored_process():
        os.environ["AWS_ACCESS_KEY_ID"] = "elsewhere"
        forget_clients()
        aws.client("kms")
    import boto3

    assert boto3.DEFAULT_SESSION is None
    assert aws.client("kms")._request_signer._credentials.access_key == "testing"


def test_failed_test_restores_the_process_too() -> None:
    with pytest.raises(KeyError):
        fail_elsewhere()
    assert os.environ["RU4M_STAGE"] == "staging"


def fail_elsewhere() -> None:
    with restored_process():
        os.environ["RU4M_STAGE"] = "elsewhere"
        raise KeyError
