"""Rotating the key of the access tokens, with no request refused in between.

The order is what makes it safe, and each step is a deployment that is complete before the next begins:

1. publish  the new public key is known everywhere, the old key still signs
2. sign     the new key signs; tokens of the old one are still accepted
3. retire   after twice the life of a token, the old key is forgotten

What step has been reached stands in the secret itself, so a rotation that stopped half-way is taken up
where it stopped by running the command again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from infra.deployment.account import AwsAccount
from infra.deployment.stacks import Report, Stacks, stack_name
from infra.deployment.vault import Document, new_signing_key, public_keys, read, write

# Twice the quarter of an hour that a token lives: one for the tokens, one for clocks and late requests.
WAIT = 30 * 60


class NotYet(RuntimeError):
    """Tokens of the old key may still be out there; `seconds` says for how long."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"tokens of the old key live on for {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True)
class SigningKeys:
    """The signing secret of a stage, and how its state becomes that of the functions."""

    account: AwsAccount
    arn: str
    deploy: Callable[[], object]

    def rotate(self) -> str:
        """Publish a new key, then sign with it; returns its id."""
        secret = self._secret()
        if len(secret["keys"]) == 1:
            kid, pem = new_signing_key()
            secret["keys"][kid] = pem
            self._write(secret)
        (new,) = secret["keys"].keys() - {secret["signing"]} or {secret["signing"]}
        self.deploy()  # published everywhere before anything is signed with it
        if secret["signing"] != new and "since" not in secret:
            secret |= {"signing": new, "since": None}
            self._write(secret)
        self.deploy()
        if "since" in secret and secret["since"] is None:  # from now on nothing signs with the old key
            secret["since"] = int(time.time())
            self._write(secret)
        return str(secret["signing"])

    def retire(self, *, wait: int = WAIT) -> None:
        """Forget the old key.

        Raises:
            NotYet: its last tokens may still live.
        """
        secret = self._secret()
        if len(secret["keys"]) == 1:
            return
        since = secret.get("since")
        if since is None:
            raise NotYet(wait)  # the rotation was not finished: `rotate` goes on with it
        left = int(since) + wait - int(time.time())
        if left > 0:
            raise NotYet(left)
        self._write(
            {"keys": {secret["signing"]: secret["keys"][secret["signing"]]}, "signing": secret["signing"]}
        )
        self.deploy()

    @classmethod
    def of(cls, account: AwsAccount, stage: str, report: Report) -> Self:
        """Those of a deployed stage."""
        stacks = Stacks(account, report)
        arn = stacks.outputs(stack_name(stage, "vault"))["SigningSecretArn"]

        def deploy() -> None:
            secret = read(account.client("secretsmanager"), arn)
            known = {"PublicKeys": public_keys(secret or {}), "SigningKid": str((secret or {})["signing"])}
            stacks.reconfigure(stack_name(stage, "service"), known)

        return cls(account, arn, deploy)

    def _secret(self) -> Document:
        secret = read(self.account.client("secretsmanager"), self.arn)
        if secret is None:
            raise LookupError("there is no signing key yet: deploy first")
        return secret

    def _write(self, secret: Document) -> None:
        write(self.account.client("secretsmanager"), self.arn, secret)
