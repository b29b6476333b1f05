"""The queue of pushes: new messages of Stream, and what other functions ask for."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from chalicelib.consents.notices import service as notices
from chalicelib.core.errors import Unavailable
from chalicelib.core.queues import Flaw, MalformedMessage
from chalicelib.privacy.purposes import Practice
from chalicelib.push import delivery, messages, recipients
from chalicelib.push.asks import AskedProof, AskedPush
from chalicelib.stream.webhook.messages import NewMessage

_Queued = NewMessage | AskedPush | AskedProof
_QUEUED: TypeAdapter[_Queued] = TypeAdapter(Annotated[_Queued, Field(discriminator="type")])


def work(body: str, until: datetime) -> None:
    """Work on a message of the queue, until an instant at which another run continues it.

    Raises:
        MalformedMessage: it is none.
        Unavailable: a table or a provider does not answer, or the time is up.
    """
    queued = _read(body)
    if not notices.describes(Practice.NOTIFYING):
        return
    match queued:
        case AskedPush():
            found = recipients.read([queued.account_id])
            if not all(delivery.notify(one, queued.kind, queued.id, queued.but) for one in found):
                raise Unavailable
        case AskedProof(session_id=session_id):
            if not delivery.send_proof(session_id):
                raise Unavailable
        case message:
            messages.push_message(message, until)


def _read(body: str) -> _Queued:
    try:
        return _QUEUED.validate_json(body)
    except ValidationError as invalid:  # its text quotes the value
        is_json = invalid.errors()[0]["type"] != "json_invalid"
        raise MalformedMessage(Flaw.OTHER_FIELDS if is_json else Flaw.NOT_JSON) from None
