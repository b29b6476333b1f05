"""Our credentials at Apple and Google, from the files that they issue.

A private key is read from a file or from standard input. It is never an argument, which other processes and
the shell's history would show. A rotation is the same command with a new file. Containers read the vault
again a minute after a provider refused what they have, so the old key is revoked there afterwards.
"""

from __future__ import annotations

import json
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from infra.deployment.account import AwsAccount
from infra.deployment.vault import name_of, write
from infra.ops.refused import CommandRefused

THEN = "Revoke the old key at the provider now, if there is one."

IssuedFile = Annotated[
    typer.FileText, typer.Argument(help="file that the provider issued; - reads standard input")
]
Topic = Annotated[str, typer.Option(help="bundle id of the app, such as com.ru4m.app")]


AppleId = Annotated[str, typer.Option(help="10 capitals and digits, from Apple's console")]


class IssuedFileMalformed(CommandRefused):
    """The file is not one that the provider issues; the text quotes none of it."""


def store_apple(account: AwsAccount, stage: str, key: str, ids: dict[str, str]) -> None:
    """Store a key of APNs (.p8), with the ids of team, key and app."""
    _check(key, ec.EllipticCurvePrivateKey, "the .p8 file of a key for APNs")
    write(account.client("secretsmanager"), name_of(stage, "apple"), {**ids, "key": key})


def store_google(account: AwsAccount, stage: str, text: str) -> str:
    """Store the key of a service account (JSON); return the address of the account."""
    what = "the JSON file of a key of a service account"
    try:
        found = json.loads(text)
        kept = {name: str(found[name]) for name in ("project_id", "client_email", "private_key")}
    except (KeyError, TypeError, ValueError):
        raise IssuedFileMalformed(f"this is not {what}") from None
    _check(kept["private_key"], rsa.RSAPrivateKey, what)
    write(account.client("secretsmanager"), name_of(stage, "google"), kept)
    return kept["client_email"]


def _check(pem: str, kind: type, what: str) -> None:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (TypeError, ValueError):
        key = None
    if not isinstance(key, kind):
        raise IssuedFileMalformed(f"this is not {what}")
