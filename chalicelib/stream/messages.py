"""Reads and deletes messages of Stream (STR-12). No text of a message is kept."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from chalicelib.privacy.purposes import Category, Purpose
from chalicelib.stream import gateway
from chalicelib.stream.answers import Malformed
from chalicelib.stream.model import FoundMessage, MessageFile, MessageId, message_id_of
from chalicelib.stream.refusals import InputRefused, StreamRefused, UserBurned

# The fields of an attachment that may name a file at Stream, and the route that deletes such a file.
_FILES = {"asset_url": "file", "file_url": "file", "image_url": "image", "thumb_url": "image"}
_MAX_FILES = 64  # a message has at most 30 attachments

_AN_ID = frozenset({Category.PSEUDONYM})


def find(message_id: MessageId) -> FoundMessage | None:
    """A message as Stream has it now, softly deleted ones included; None if there is none.

    Raises:
        StreamUnavailable, StreamRefused: it is not known.
    """
    try:
        answer = gateway.ask(
            lambda client: client.get_message(message_id, show_deleted_message=True),
            sending=_AN_ID,
            purpose=Purpose.LEGAL_OBLIGATION,
        )
    except UserBurned:  # Stream's code for anything that is not there
        return None
    return gateway.read_answer(_message, answer)


def delete(message: FoundMessage) -> None:
    """Delete a message and its files for good; repeating the call changes nothing.

    The files come first, since only the message names them. A file that Stream refuses to delete is not one
    of the channel, for example a picture of a web page. Stream may answer a deletion that it did with 400;
    so a refused one is decided by reading the message again.

    Raises:
        StreamUnavailable: Stream does not answer; call it again.
        StreamRefused: Stream refuses, and the message is still there.
    """
    for file in message.files:
        with suppress(InputRefused, UserBurned):
            _delete_file(message, file)
    try:
        gateway.ask(
            lambda client: client.delete_message(message.id, hard=True),
            sending=_AN_ID,
            purpose=Purpose.LEGAL_OBLIGATION,
        )
    except UserBurned:
        return
    except StreamRefused:
        if find(message.id) is not None:
            raise


def _delete_file(message: FoundMessage, file: MessageFile) -> None:
    path = f"channels/{message.channel_type}/{message.channel_id}/{file.route}"
    gateway.ask(
        lambda client: client.delete(path, {"url": file.url}),
        sending=_AN_ID,
        purpose=Purpose.LEGAL_OBLIGATION,
    )


def _message(answer: Mapping[str, Any]) -> FoundMessage:
    found = answer.get("message")
    if not isinstance(found, dict):
        raise Malformed
    message_id, cid = message_id_of(found.get("id")), str(found.get("cid"))
    channel_type, _, channel_id = cid.partition(":")
    if message_id is None or not (message_id_of(channel_type) and _is_channel(channel_id)):
        raise Malformed
    return FoundMessage(
        id=message_id,
        channel_type=channel_type,
        channel_id=channel_id,
        author=_author(found.get("user")),
        is_deleted=found.get("deleted_at") is not None or found.get("type") == "deleted",
        files=tuple(dict.fromkeys(_files(found.get("attachments"))))[:_MAX_FILES],
    )


def _author(user: object) -> str:
    found = user.get("id") if isinstance(user, dict) else None
    return found if isinstance(found, str) else ""


def _is_channel(channel_id: str) -> bool:
    return re.fullmatch(r"[0-9A-Za-z_!@-]{1,64}", channel_id) is not None


def _files(attachments: object) -> Iterator[MessageFile]:
    for attachment in attachments if isinstance(attachments, list) else ():
        for name, route in _FILES.items() if isinstance(attachment, dict) else ():
            url = attachment.get(name)
            if isinstance(url, str) and url.startswith(("https://", "http://")):
                yield MessageFile(route, url)
