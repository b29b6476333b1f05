"""Names of groups: sealed for one member, and for another one once that member leaves (ADR 81).

A name that cannot be opened counts as none, and is logged. It stays in the row: its conversation keeps its
members and its mark.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable

from chalicelib.core import needs
from chalicelib.core.ids import AccountId, ConversationId
from chalicelib.core.sealing import Place, SealBroken, skip_unreadable
from chalicelib.people.conversations import store
from chalicelib.people.conversations.model import NamedConversation, OpenConversation, SealedName
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys


def seal(name: str, conversation_id: ConversationId, keys: SubjectKeys) -> SealedName:
    """A name, sealed for a member of its conversation.

    Raises:
        KeyNotFound: the member has no data key any more.
    """
    sealed = keys.seal(name.encode(), _place(conversation_id))
    return SealedName(account_id=keys.account_id, sealed=b64encode(sealed).decode())


def open_each(conversations: Iterable[OpenConversation]) -> list[NamedConversation]:
    """Open the names of at most 100 conversations, by one read if any has a name.

    Raises:
        Unavailable: the table does not answer.
    """
    found = list(conversations)
    keys = _keys(one.name.account_id for one in found if one.name)
    return [NamedConversation(one, _opened(one, keys)) for one in found]


def open_one(conversation: OpenConversation) -> NamedConversation:
    """Open the name of a conversation, by one read if it has a name.

    Raises:
        Unavailable: the table does not answer.
    """
    return open_each([conversation])[0]


def inherited(after: OpenConversation) -> OpenConversation:
    """The version to write when members leave: its name is sealed for a member who stays.

    Returns the same one if the name is. Without members, or if a key is missing, the name is dropped.

    Raises:
        Unavailable: the table does not answer.
    """
    if after.name is None or after.name.account_id in after.account_ids:
        return after
    if after.members:
        heir = after.members[0].account_id
        keys = _keys((after.name.account_id, heir))
        if (name := _opened(after, keys)) is not None:
            with skip_unreadable(_UNREADABLE):
                return after.named(seal(name, after.conversation_id, keys[heir]))
    return after.named(None)


_UNREADABLE = "conversation_name_unreadable"


def _keys(account_ids: Iterable[AccountId]) -> dict[AccountId, SubjectKeys]:
    owners = dict.fromkeys(account_ids)
    found = needs.read_accounts(owners, (DATA_KEY,)) if owners else []
    return {row.claims.account_id: row[DATA_KEY] for row in found}


def _opened(conversation: OpenConversation, keys: dict[AccountId, SubjectKeys]) -> str | None:
    if conversation.name is None:
        return None
    with skip_unreadable(_UNREADABLE):
        try:
            blob = b64decode(conversation.name.sealed, validate=True)
        except ValueError:
            raise SealBroken from None
        owner = conversation.name.account_id
        return keys[owner].open(blob, _place(conversation.conversation_id)).decode()
    return None


def _place(conversation_id: ConversationId) -> Place:
    place = store.key(conversation_id)
    return Place("conversation_name", place.pk, place.sk)
