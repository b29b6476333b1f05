"""Rotation of the key that signs access tokens, without refusing a valid request.

The order of the steps makes it safe. Each step is a deployment that completes before the next begins:

1. publish  every function gets the new public key; the old key still signs
2. sign     the new key signs; tokens signed with the old key are still accepted
3. retire   after twice the lifetime of a token, the old key is deleted

The secret itself records the step that was reached. After an interruption, running the command again
continues the rotation.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Report, Stacks, stack_name
from infra.deployment.vault import Document, new_signing_key, public_keys, stored, write
from infra.ops.operator_console import in_words
from infra.ops.refused import CommandRefused

# Twice the lifetime of a token (15 minutes): once for the tokens, once for clock skew and late requests.
WAIT = 30 * 60


class NotYet(CommandRefused):
    """Tokens signed with the old key may still be valid; `seconds` says for how long."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"tokens signed with the old key are valid for another {in_words(seconds)}; run it again then"
        )
        self.seconds = seconds


@dataclass(frozen=True)
class SigningKeys:
    """The signing secret of a stage, and the deployment that applies it to the functions."""

    account: AwsAccount
    arn: str
    deploy: Callable[[], object]

    def rotate(self) -> str:
        """Publish a new key, then sign with it; return its id."""
        secret = self._secret()
        if len(secret["keys"]) == 1:
            kid, pem = new_signing_key()
            secret["keys"][kid] = pem
            self._write(secret)
        (new,) = secret["keys"].keys() - {secret["signing"]} or {secret["signing"]}
        self.deploy()  # every function gets the public key before anything is signed with it
        if secret["signing"] != new and "since" not in secret:
            secret |= {"signing": new, "since": None}
            self._write(secret)
        self.deploy()
        if "since" in secret and secret["since"] is None:  # from here on nothing signs with the old key
            secret["since"] = int(time.time())
            self._write(secret)
        return str(secret["signing"])

    def retire(self, *, wait: int = WAIT) -> None:
        """Delete the old key, or complete a retirement that was interrupted before its deployment.

        Raises:
            NotYet: tokens signed with it may still be valid.
        """
        if self.retirable(wait=wait):
            secret = self._secret()
            self._write(
                {"keys": {secret["signing"]: secret["keys"][secret["signing"]]}, "signing": secret["signing"]}
            )
        self.deploy()  # changes nothing if the functions do not accept the old key any more

    def retirable(self, *, wait: int = WAIT) -> list[str]:
        """Return the id of the key that `retire` would delete now; none if there is only one.

        Raises:
            NotYet: as for `retire`.
        """
        secret = self._secret()
        if len(secret["keys"]) == 1:
            return []
        since = secret.get("since")
        if since is None:
            raise NotYet(wait)  # the rotation is unfinished; `rotate` continues it
        left = int(since) + wait - int(time.time())
        if left > 0:
            raise NotYet(left)
        return sorted(secret["keys"].keys() - {secret["signing"]})

    def older(self) -> list[str]:
        """Return the keys that do not sign any more.

        Raises:
            NotYet: as for `retire`.
        """
        return self.retirable()

    @classmethod
    def of(cls, account: AwsAccount, stage: str, report: Report) -> Self:
        """Return the signing keys of a deployed stage."""
        stacks = Stacks(account, report)
        arn = stacks.outputs(stack_name(stage, "vault"))["SigningSecretArn"]

        def deploy() -> None:
            secret = stored(account.client("secretsmanager"), arn)
            known = {"PublicKeys": public_keys(secret), "SigningKid": str(secret["signing"])}
            stacks.reconfigure(stack_name(stage, "service"), known)

        return cls(account, arn, deploy)

    def _secret(self) -> Document:
        return stored(self.account.client("secretsmanager"), self.arn)

    def _write(self, secret: Document) -> None:
        write(self.account.client("secretsmanager"), self.arn, secret)
