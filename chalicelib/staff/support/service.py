"""How a message to our support is received (USE-10, ADR 100).

A code proves the mailbox. Before it, nothing shows whether an account has the mailbox. After it, a message
belongs to the account that has it, or to no account.
"""

from chalicelib.accounts import service as accounts
from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.challenges.model import (
    ChallengeExpired,
    ChallengePurpose,
    ChallengeRef,
    ChallengeView,
)
from chalicelib.core import clock
from chalicelib.core.errors import Unavailable, existing
from chalicelib.core.http import ClientAddress
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ChallengeId, SupportMessageId
from chalicelib.core.transactions import Conflict, commit
from chalicelib.messages.model import mailbox
from chalicelib.privacy.periods import Period
from chalicelib.staff.support import store
from chalicelib.staff.support.model import (
    NewSupportMessage,
    ReceivedSupportMessage,
    SupportDraft,
    SupportMessage,
)


def start(new: NewSupportMessage, address: ClientAddress, key: IdempotencyKey | None) -> ChallengeView:
    """Send a code to the mailbox, and keep the message until the code comes back.

    Raises:
        InvalidEmail: nothing can be sent there.
        TooManyCodes, EmailUnavailable, IdempotencyMismatch, InProgress: see `challenges.start`.
        Unavailable: the draft cannot be stored now.
    """
    to = mailbox(new.email)
    asked = challenges.to_mailbox(ChallengePurpose.SUPPORT, to, new.locale, new, address)
    challenge = challenges.start(asked, key)
    draft = SupportDraft(
        support_message_id=SupportMessageId.new(), text=new.text, created_at=challenge.created_at
    )
    challenges.keep_draft(challenge, draft)
    return challenge.view()


def verify(challenge_id: ChallengeId, code: str, address: ClientAddress) -> ReceivedSupportMessage:
    """Receive the message of a person whose code is right.

    Raises:
        WrongCode, ChallengeExpired, TooManyAttempts: see `challenges.check_code`.
        Unavailable: nothing was recorded, or a parallel call has just used the code.
    """
    ref = ChallengeRef(ChallengePurpose.SUPPORT, challenge_id)
    challenge = challenges.check_code(ref, code, address=address)
    draft = existing(challenges.draft_of(SupportDraft, challenge), ChallengeExpired)
    received_at = challenge.used_at or clock.now()
    if not challenge.used_at:
        email = existing(challenge.email, Unavailable)  # a parallel call has just used the code
        owner = accounts.read_owner(accounts.owner_of_email(email))
        message = SupportMessage(
            support_message_id=draft.support_message_id,
            account_id=owner[0].account_id if owner else None,
            received_at=received_at,
            email=email,
            locale=challenge.locale,
            text=draft.text,
        )
        guard = [accounts.not_erasing(message.account_id)] if message.account_id else []
        received = store.MESSAGES.creation(message, "received", None, {})
        try:
            commit(challenges.use_write(challenge, opened=None), *received, *guard)
        except Conflict:
            raise Unavailable from None
        challenges.count_verified(challenge)
    return ReceivedSupportMessage(
        support_message_id=draft.support_message_id,
        received_at=received_at,
        deleted_at=Period.SUPPORT_MESSAGE.ends(received_at),
    )
