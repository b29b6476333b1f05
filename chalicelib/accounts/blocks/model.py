"""The list of blocks of an account, and the reverse row under a blocked account."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel

from chalicelib.core.clock import Instant
from chalicelib.core.errors import Unprocessable
from chalicelib.core.http import View
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import UNTIL_ERASURE, UntilErasure
from chalicelib.privacy.personal import (
    NEVER_DISCLOSED,
    NOT_PERSONAL,
    KeyClass,
    NotPersonal,
    Record,
    personal,
)
from chalicelib.privacy.purposes import Category, Correction, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient

_INTERNAL = "an internal id of another user's account"
_FOLLOWS = "it recognises another user's number, which is that user's data"


class Block(BaseModel, frozen=True, extra="forbid"):
    """One blocked user. After that user's erasure the id is a random one that no user has."""

    user_id: UserId
    blocked_at: Instant


class BlockLink(BaseModel, frozen=True, extra="forbid"):
    """What recognises a blocked user.

    Attributes:
        account_id: the account; None if no account had the id, or the account was erased.
        number: the HMAC of the number under the key of the list; None if the number was not known.
        last_number: the same of the number that the account had when it was erased, if that is another one.
    """

    account_id: AccountId | None = None
    number: str | None = None
    last_number: str | None = None

    def has_number(self, digest: str) -> bool:
        """Return whether it recognises a number, given by its HMAC."""
        return _same(self.number, digest) or _same(self.last_number, digest)

    def without_account(self, last_number: str | None) -> "BlockLink":
        """What recognises the user after the erasure of the account."""
        changed = None if _same(self.number, last_number or "") else last_number
        return BlockLink(number=self.number, last_number=changed)


class BlockList(
    Record,
    table=Table.ACCOUNTS,
    kind="block_list",
    purpose=Purpose.SERVICE,
    basis=LegalBasis.CONTRACT,
    retention=UntilErasure(
        "until you lift the block or your account is deleted. After the deletion of a blocked account, a "
        "keyed hash of its number stays in the lists of those who blocked it, so that nobody evades the block"
    ),
    key_class=KeyClass.SUBJECT,
):
    """All blocks of an account. The key of the numbers is in the list, so no rotation loses a block."""

    account_id: Annotated[AccountId, NOT_PERSONAL]
    version: Annotated[int, NOT_PERSONAL]
    # In clear, so that the erasure of this account finds the reverse rows without its key.
    blocked_accounts: Annotated[tuple[AccountId, ...], NotPersonal(withheld=_INTERNAL)] = ()
    blocks: Annotated[
        tuple[Block, ...],
        personal(Category.CONTACTS, Source.PROVIDED, Correction.SELF_SERVICE, (Recipient.STREAM,)),
    ] = ()
    links: Annotated[
        dict[UserId, BlockLink], personal(Category.PHONE_NUMBER, Source.GENERATED, withheld=_FOLLOWS)
    ]
    number_key: Annotated[str, personal(Category.CREDENTIALS, Source.GENERATED, withheld=_FOLLOWS)]

    @classmethod
    def empty(cls, account_id: AccountId) -> Self:
        """A list without blocks that was never stored, with a new key."""
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        return cls(account_id=account_id, version=0, links={}, number_key=key)

    def has(self, user_id: UserId, phone: str | None) -> bool:
        """Return whether a user is blocked, by the id or by the number."""
        return user_id in self.links or (phone is not None and self._has_number(self._digest(phone)))

    def with_block(
        self, user_id: UserId, account_id: AccountId | None, phone: str | None, at: datetime
    ) -> Self:
        """The next version with a block; the same list if it is there already, as it would be added.

        The entry of another id stays, also if it has the number: its end would show whose number that was.
        """
        link = BlockLink(account_id=account_id, number=self._digest(phone) if phone else None)
        if self.links.get(user_id) == link:
            return self
        since = next((block.blocked_at for block in self.blocks if block.user_id == user_id), at)
        kept = tuple(block for block in self.blocks if block.user_id != user_id)
        return self._next((*kept, Block(user_id=user_id, blocked_at=since)), {**self.links, user_id: link})

    def without(self, user_id: UserId) -> Self:
        """The next version without the block of an id; the same list if there is none."""
        if user_id not in self.links:
            return self
        kept = tuple(block for block in self.blocks if block.user_id != user_id)
        return self._next(kept, {one: link for one, link in self.links.items() if one != user_id})

    def without_name(self, user_id: UserId, account_id: AccountId, phone: str | None) -> Self:
        """The next version after a blocked user's erasure: it follows the number and names no user.

        If the user changed the number after the block, it follows the old one and the last one.
        """
        last = self._digest(phone) if phone else None
        named = {one for one, link in self.links.items() if link.account_id == account_id} | {user_id}
        stand_ins = {one: UserId.new() for one in named & self.links.keys()}
        if not stand_ins and account_id not in self.blocked_accounts:
            return self
        blocks = tuple(
            block.model_copy(update={"user_id": stand_ins.get(block.user_id, block.user_id)})
            for block in self.blocks
        )
        links = {
            stand_ins.get(one, one): link.without_account(last) if one in stand_ins else link
            for one, link in self.links.items()
        }
        return self._next(blocks, links)

    def _next(self, blocks: tuple[Block, ...], links: Mapping[UserId, BlockLink]) -> Self:
        found = (link.account_id for link in links.values() if link.account_id)
        return self.model_copy(
            update={
                "version": self.version + 1,
                "blocks": blocks,
                "links": dict(links),
                "blocked_accounts": tuple(dict.fromkeys(found)),
            }
        )

    def _has_number(self, digest: str) -> bool:
        return any(link.has_number(digest) for link in self.links.values())

    def _digest(self, phone: str) -> str:
        digest = hmac.digest(base64.b64decode(self.number_key), phone.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:18]).decode()


def _same(stored: str | None, digest: str) -> bool:
    return stored is not None and hmac.compare_digest(stored, digest)


class BlockedBy(
    Record,
    table=Table.ACCOUNTS,
    kind="blocked_by",
    purpose=Purpose.SERVICE,
    basis=LegalBasis.CONTRACT,
    retention=UNTIL_ERASURE,
    undisclosed="which users block you: it would disclose a decision of theirs (Art. 15(4) GDPR, Art. 26 "
    "ZZPL)",
):
    """The reverse row of a block, under the blocked account."""

    account_id: Annotated[AccountId, NotPersonal(withheld=_INTERNAL)]  # of the list that has the block

    @property
    def undisclosed_until(self) -> datetime | None:
        """No copy contains it."""
        return NEVER_DISCLOSED


class BlockLimitReached(Unprocessable):
    """The account blocks as many users as it may."""

    title = "This account blocks as many users as it may; lift a block first"


class BlockView(View):
    """A blocked user, as the blocker sees it."""

    user_id: UserId
    blocked_at: Instant


class BlockedUserList(View):
    """A page of blocked users, newest first."""

    items: tuple[BlockView, ...]
    next_cursor: str | None = None
