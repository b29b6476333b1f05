"""The mails to an account's owner that its password was set or removed (ADR 106). They have no link."""

from chalicelib.accounts.sessions.messages import notify
from chalicelib.messages.letters import Addressee, Letters, WrittenMessage

_SET: Letters = {
    "sr": (
        "RU4M: lozinka Vašeg naloga",
        (
            "Na Vašem nalogu se upravo postavljaju korisničko ime i lozinka.",
            "Sama lozinka ništa ne otvara na uređaju koji nalog ne poznaje.",
            "Ako to ne radite Vi, odjavite druge uređaje u aplikaciji i pišite na {contact}.",
        ),
    ),
    "en": (
        "RU4M: the password of your account",
        (
            "A username and a password are being set on your account.",
            "A password alone opens nothing on a device that the account does not know.",
            "If it is not you, sign out your other devices in the app, and write to {contact}.",
        ),
    ),
}
_REMOVED: Letters = {
    "sr": (
        "RU4M: lozinka se uklanja",
        (
            "Korisničko ime i lozinka se upravo uklanjaju sa Vašeg naloga.",
            "Nalog otvara kod na Vaš broj, ili na ovu adresu ako nalog nema broj.",
            "Ako to ne radite Vi, odjavite druge uređaje u aplikaciji i pišite na {contact}.",
        ),
    ),
    "en": (
        "RU4M: your password is being removed",
        (
            "Username and password are being removed from your account.",
            "A code to your number opens it, or one to this address if the account has no number.",
            "If it is not you, sign out your other devices in the app, and write to {contact}.",
        ),
    ),
}


def announce_password(mailbox: str | None, locale: str | None) -> None:
    """Notify the account's mailbox, if it has one, that username and password are being set."""
    _mail(_SET, mailbox, locale)


def announce_removal(mailbox: str | None, locale: str | None) -> None:
    """Notify the account's mailbox, if it has one, that username and password are being removed."""
    _mail(_REMOVED, mailbox, locale)


def _mail(letters: Letters, mailbox: str | None, locale: str | None) -> None:
    notify(WrittenMessage(letters, None, {}), Addressee(email=mailbox, phone=None, locale=locale))
