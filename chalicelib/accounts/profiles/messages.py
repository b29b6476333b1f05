"""The announcements that an account is about to get another number, or another mailbox or none.

A thief with the unlocked phone can change both, and then request an erasure of which only they are notified.
So the number, and the mailbox that the account has so far, are notified before the change: without that text
message there is no change, and a process that is killed in between sends it again (ADR 10, ADR 43).
"""

from chalicelib.accounts.model import Account
from chalicelib.accounts.sessions.messages import notify
from chalicelib.core.settings import settings
from chalicelib.messages.letters import Addressee, Letters, ShortTexts, WrittenMessage

# One part in each script, like every warning.
_NUMBER_TEXT: ShortTexts = {
    "sr": (
        "RU4M: broj Vašeg naloga se upravo zamenjuje drugim. Ako to ne radite Vi, odmah pišite na {contact}"
    ),
    "sr-Cyrl": "RU4M: broj naloga se menja. Niste Vi? Pišite: {contact}",
    "en": (
        "RU4M: the number of your account is being changed to another one. If it is not you, write to "
        "{contact} at once"
    ),
}
_NUMBER_MAIL: Letters = {
    "sr": (
        "RU4M: broj Vašeg naloga se menja",
        (
            "Broj telefona Vašeg naloga se upravo menja. Nalog se posle toga otvara samo novim brojem.",
            (
                "Ako to ne radite Vi, odmah pišite na {contact}. Narednih {hours} h kopija Vaših podataka ne "
                "može da se preuzme u aplikaciji, niti nalog može da se trajno obriše."
            ),
        ),
    ),
    "en": (
        "RU4M: the number of your account is being changed",
        (
            "The phone number of your account is being changed. From then on only the new number opens it.",
            (
                "If it is not you, write to {contact} at once. For the next {hours} hours no copy of your "
                "data can be downloaded in the app, and the account cannot be deleted for good."
            ),
        ),
    ),
}


_MAILBOX_TEXT: ShortTexts = {
    "sr": (
        "RU4M: imejl adresa Vašeg naloga se upravo dodaje, menja ili uklanja. Ako to ne radite Vi, odmah "
        "pišite na {contact}"
    ),
    "sr-Cyrl": "RU4M: mejl naloga se menja. Niste Vi? Pišite: {contact}",
    "en": (
        "RU4M: the email address of your account is being added, changed or removed. If it is not you, write "
        "to {contact} at once"
    ),
}
_MAILBOX_MAIL: Letters = {
    "sr": (
        "RU4M: ova adresa se uklanja sa naloga",
        ("Ova adresa se upravo uklanja sa Vašeg naloga. Ako to ne radite Vi, odmah pišite na {contact}.",),
    ),
    "en": (
        "RU4M: this address is being removed",
        ("This address is being removed from your account. If it is not you, write to {contact} at once.",),
    ),
}
_PIN_MAIL: Letters = {
    "sr": (
        "RU4M: PIN Vašeg naloga se menja",
        (
            "PIN Vašeg naloga se postavlja, menja ili uklanja.",
            "Ako to ne radite Vi, odmah pišite na {contact}.",
        ),
    ),
    "en": (
        "RU4M: the PIN of your account is being changed",
        (
            "The PIN of your account is being set, changed or removed.",
            "If it is not you, write to {contact} at once.",
        ),
    ),
}


def announce_pin_change(account: Account, mailbox: str | None) -> None:
    """Notify the account's mailbox, if it has one, that its PIN is about to be set, changed or removed."""
    notify(WrittenMessage(_PIN_MAIL, None, {}), Addressee(mailbox, None, account.locale))


def announce_number_change(account: Account, email: str | None) -> None:
    """Notify the account's number and mailbox, as far as it has them, that the number is about to change.

    Raises:
        TextUnavailable, TextInDoubt: as for `notify`.
    """
    words = {"hours": str(settings().erasure.recovery_hours)}
    notify(WrittenMessage(_NUMBER_MAIL, _NUMBER_TEXT, words), _owner(account, email))


def announce_mailbox_change(account: Account, former: str | None) -> None:
    """Notify the account's number that its mailbox is about to change, and the mailbox that it loses, if any.

    Raises:
        TextUnavailable, TextInDoubt: as for `notify`.
    """
    notify(WrittenMessage(_MAILBOX_MAIL, _MAILBOX_TEXT, {}), _owner(account, former))


def _owner(account: Account, mailbox: str | None) -> Addressee:
    return Addressee(email=mailbox, phone=account.phone, locale=account.locale)
