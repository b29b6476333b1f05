"""Messages to our support, as people send them and operators answer them."""

from __future__ import annotations

from typing import Any

from chalicelib.core import aws
from chalicelib.core.ids import SupportMessageId
from chalicelib.core.settings import settings
from chalicelib.core.table.items import wire_item
from chalicelib.core.table_names import Table
from chalicelib.operations.inbox.jobs import report_inbox
from chalicelib.staff.support import store
from chalicelib.staff.support.answers import MESSAGES
from chalicelib.staff.support.model import SupportMessage
from tests.support.clouds.cloud import sent_mail
from tests.support.world.builders import a_schedule_event
from tests.support.world.operators import Operator
from tests.support.world.world import Reply, World

SUPPORT, ADMIN = "/v1/support-messages", "/admin/v1/support-messages"
MAILBOX, TEXT = "ana@example.com", "The app does not show my contacts."


def starts(world: World, email: str = MAILBOX, text: str = TEXT, **more: Any) -> Reply:
    """Ask for the code of a message."""
    body = {"email": email, "text": text, **{name: more.pop(name) for name in ("locale",) if name in more}}
    return world.call("POST", SUPPORT, body=body, **more)


def verifies(world: World, challenge: str, code: str, **more: Any) -> Reply:
    return world.call("POST", f"{SUPPORT}/{challenge}/verify", body={"code": code}, **more)


def writes(world: World, email: str = MAILBOX, **more: Any) -> str:
    """Send a message, and return its id."""
    challenge = starts(world, email, **more).json["challenge_id"]
    received = verifies(world, challenge, world.code_mailed_to(email))
    assert received.status == 202
    return str(received.json["support_message_id"])


def calls(operator: Operator, method: str, path: str = "", body: Any = None) -> Reply:
    return operator.world.call(method, f"{ADMIN}{path}", body=body, arn=operator.arn)


def answers(operator: Operator, message: str, text: str = "Please update the app.") -> Reply:
    return calls(operator, "POST", f"/{message}/answer", {"text": text})


def closes(operator: Operator, message: str) -> Reply:
    return calls(operator, "POST", f"/{message}/closing")


def stored(message: str) -> SupportMessage:
    return MESSAGES.read(SupportMessageId(message))


def mailed_to(mailbox: str = MAILBOX) -> list[dict[str, Any]]:
    """Run the job that mails answers, and return its mails to a mailbox."""
    with sent_mail() as sent:
        report_inbox(a_schedule_event(), None)
    to = [one for one in sent if one["Destination"]["ToAddresses"] == [mailbox]]
    return [one["Content"]["Simple"] for one in to]


def put_back(message: SupportMessage, **altered: Any) -> None:
    """Put the item of a message into its table, as a restore does, with altered attributes."""
    place = store.MESSAGES.key_of(message)
    item = wire_item(place.attributes() | store.MESSAGES.item(message) | altered)
    aws.client("dynamodb").put_item(TableName=settings().table(Table.ACCOUNTS), Item=item)
