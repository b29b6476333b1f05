"""Texts, mails and pushes that the local cloud sent, and the page that shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

import requests

# A code in a text message or a mail.
CODE = re.compile(r"\b\d{6}\b")
_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]")
_MOST_SHOWN = 200

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<meta name="color-scheme" content="light dark">
<title>Mailbox of the local cloud</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 48rem; padding: 1rem }}
  article {{ border-top: 1px solid; padding: .75rem 0 }}
  h2 {{ font-size: 1rem; margin: 0 }}
  pre {{ font: inherit; margin: .25rem 0 0; overflow-wrap: anywhere; white-space: pre-wrap }}
</style>
<h1>Mailbox of the local cloud</h1>
<p>Texts, mails and pushes, the newest first. The page loads again every five seconds.</p>
{messages}
</html>
"""


@dataclass(frozen=True)
class LocalMessage:
    """A text message, a mail, or a push, whose `to` is the end of the phone's token."""

    to: str
    text: str
    sent_at: datetime
    subject: str = ""  # of a mail

    @property
    def code(self) -> str | None:
        """The six digits in it."""
        found = CODE.search(self.text)
        return found.group() if found else None


def newest_first(aws_endpoint: str, to: str = "", push_url: str = "") -> list[LocalMessage]:
    """What the emulators of AWS and of pushes at some addresses sent, or what they sent to one place.

    Raises:
        requests.RequestException: it does not answer.
    """
    texts = _got(f"{aws_endpoint}/_ministack/sns/sms-messages")["sms_messages"]
    mails = _got(f"{aws_endpoint}/_ministack/ses/messages")["messages"]
    pushes = _got(f"{push_url}/_emulator/pushes")["pushes"] if push_url else []
    found = [
        *(_message(phone, one["Message"], one) for phone, sent in texts.items() for one in sent),
        *(
            _message(address, one["BodyText"], one, one["Subject"])
            for sent in mails.values()
            for one in sent
            for address in one["To"]
        ),
        *map(_push, pushes),
    ]
    return sorted((one for one in found if to in {"", one.to}), key=lambda one: one.sent_at, reverse=True)


def page(messages: list[LocalMessage]) -> str:
    """The page with the newest messages."""
    shown = "\n".join(map(_article, messages[:_MOST_SHOWN]))
    return _PAGE.format(messages=shown or "<p>Nothing was sent yet.</p>")


def _article(one: LocalMessage) -> str:
    text = _LINK.sub(
        lambda link: f'<a href="{link.group()}">{link.group()}</a>', escape(one.text, quote=False)
    )
    subject = f"<strong>{escape(one.subject)}</strong>\n" if one.subject else ""
    return (
        f"<article><h2>{escape(one.to)}, {one.sent_at:%H:%M:%S} UTC</h2><pre>{subject}{text}</pre></article>"
    )


def _message(to: str, text: str, sent: dict[str, Any], subject: str = "") -> LocalMessage:
    return LocalMessage(to, text, datetime.fromtimestamp(sent["Timestamp"], UTC), subject)


def _push(one: dict[str, Any]) -> LocalMessage:
    """A push as its provider sees it."""
    body = one["body"]
    seen = body.get("data", body)
    line = seen.get("line") or body.get("aps", {}).get("alert", {}).get("body", "not shown")
    to, text = f"{one['service']} …{one['token'][-8:]}", f"{line}\n{seen['kind']} {seen['id']}"
    return LocalMessage(to, text, datetime.fromtimestamp(one["at"], UTC))


def _got(url: str) -> dict[str, Any]:
    answer = requests.get(url, timeout=10)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found
