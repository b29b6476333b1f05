"""Running the service's own code in a command, as the function that may do it."""

from __future__ import annotations

import os

from infra.deployment.account import Account


def as_signup(account: Account, stage: str) -> None:
    """Take over the settings of a stage's signup function, which knows the keys, accounts and claims.

    Sets this process's environment and forgets what was read under another; the credentials stay those
    of whoever runs the command.
    """
    function = account.client("lambda").get_function_configuration(FunctionName=f"ru4m-{stage}-signup")
    os.environ.update(function["Environment"]["Variables"], AWS_REGION=account.region)
    os.environ.pop("RU4M_FUNCTION", None)
    if account.endpoint:
        os.environ["AWS_ENDPOINT_URL"] = account.endpoint
    if account.access_key and account.secret_key:
        os.environ.update(AWS_ACCESS_KEY_ID=account.access_key, AWS_SECRET_ACCESS_KEY=account.secret_key)

    from chalicelib.core import aws, keyring, stagekeys
    from chalicelib.core.settings import settings

    settings.cache_clear()
    stagekeys.forget()
    keyring.forget()
    aws.client.cache_clear()
