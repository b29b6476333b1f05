"""What other functions ask the worker of pushes for.

A push that is asked for is an addition to a mail or to what the app shows, so a lost one is no failure.
Rights ask here, and load nothing of the worker.
"""

from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from chalicelib.consents.notices import service as notices
from chalicelib.core import aws, metrics, queues
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId, SessionId
from chalicelib.core.metrics import Metric
from chalicelib.core.settings import settings
from chalicelib.privacy.purposes import Practice
from chalicelib.push.model import PushKind


class AskedPush(BaseModel, frozen=True, extra="forbid"):
    """A push to one account; `but`: the session that did what it is about, which needs no push."""

    type: Literal["asked"] = "asked"
    account_id: AccountId
    kind: PushKind
    id: Annotated[str, Field(pattern="^[a-z0-9_]{1,40}$")]
    but: SessionId | None = None


class AskedProof(BaseModel, frozen=True, extra="forbid"):
    """The nonce of a session's proof, to the token that the session wants."""

    type: Literal["proof"] = "proof"
    session_id: SessionId


def ask(account_id: AccountId, kind: PushKind, push_id: str) -> None:
    """Let the worker push something to an account. If the queue does not answer, nothing is pushed."""
    if not notices.describes(Practice.NOTIFYING):
        return
    try:
        _send(AskedPush(account_id=account_id, kind=kind, id=push_id))
    except Unavailable:
        metrics.count(Metric.PUSH_DROPPED)


def ask_all(asked: Collection[AskedPush]) -> None:
    """Let the worker push things to accounts.

    Raises:
        Unavailable: the queue did not accept all of them.
    """
    bodies = [one.model_dump_json() for one in asked]
    if queues.send_all(settings().queue("pushes"), bodies) < len(bodies):
        raise Unavailable


def ask_proof(session_id: SessionId) -> None:
    """Let the worker push the nonce of a session's proof.

    Raises:
        Unavailable: the queue does not answer; the app registers the token again.
    """
    _send(AskedProof(session_id=session_id))


def _send(asked: AskedPush | AskedProof) -> None:
    body = asked.model_dump_json()
    aws.ask("sqs", "send_message", QueueUrl=settings().queue("pushes"), MessageBody=body)
