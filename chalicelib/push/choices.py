"""The rules of choices about pushes."""

from chalicelib.accounts import service as accounts
from chalicelib.consents.model import NotOffered
from chalicelib.consents.notices import service as notices
from chalicelib.core.errors import ChangedMeanwhile, SessionEnded
from chalicelib.core.http import IfMatch
from chalicelib.core.ids import AccountId
from chalicelib.core.transactions import commit
from chalicelib.privacy.purposes import Practice
from chalicelib.privacy.subject_keys import SubjectKeys
from chalicelib.push import store
from chalicelib.push.model import NotificationChange, NotificationChoices


def of_account(account_id: AccountId, stored: NotificationChoices | None) -> NotificationChoices:
    """The choices of an account."""
    return stored or NotificationChoices.none(account_id)


def change(
    before: NotificationChoices, change: NotificationChange, expected: IfMatch, keys: SubjectKeys
) -> NotificationChoices:
    """Replace the choices. What is in force already changes nothing, whatever the version.

    Raises:
        NotOffered: the privacy policy in effect does not describe pushes.
        ChangedMeanwhile: the client's version is not the current one.
        SessionEnded: the account is not active any more.
    """
    if not notices.describes(Practice.NOTIFYING):
        raise NotOffered
    after = NotificationChoices(account_id=before.account_id, version=before.version + 1, **dict(change))
    if after.model_copy(update={"version": before.version}) == before:
        return before
    if not expected.allows(before.etag):
        raise ChangedMeanwhile
    try:
        commit(store.written(after, keys), accounts.active(before.account_id))
    except store.ChoicesMoved:
        raise ChangedMeanwhile from None
    except accounts.NotActive:
        raise SessionEnded from None
    return after
