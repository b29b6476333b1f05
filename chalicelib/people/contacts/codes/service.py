"""Makes and withdraws contact codes, finds the owner of a code, and builds the page behind its link.

Invariants: an account has one valid code at most, and a code that was replaced or withdrawn is never valid
again. The conditions of the transactions hold both, also for concurrent requests.

Challenges has no backup. So after a restore the row that finds the owner of a current code may be missing, or
may name a code that is not current any more. The account's own row decides, and a missing row stops nothing.
"""

from chalicelib.accounts import service as accounts
from chalicelib.core import clock, idempotency, keyring
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.http import Body
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AccountId, ContactCodeId, ContactRequestId
from chalicelib.core.languages import Language
from chalicelib.core.markup import Html, tag
from chalicelib.core.page import opening
from chalicelib.core.phrases import to_cyrillic
from chalicelib.core.settings import Secret, settings
from chalicelib.core.transactions import Write, commit
from chalicelib.people.contacts.codes import store
from chalicelib.people.contacts.codes.store import CODE, CodeMoved  # noqa: F401 - offered to other rooms
from chalicelib.people.contacts.model import ContactCode, ContactCodeReplaced, ContactLink

_TRIES = 3


def make(owner: AccountId, current: ContactCode | None, key: IdempotencyKey | None) -> ContactLink:
    """Make a new code, which replaces the current one.

    Raises:
        ContactCodeReplaced: the code of this Idempotency-Key was replaced or withdrawn.
        NotFound: the account is not active any more.
        Unavailable: concurrent requests won every time.
    """
    code_id = key.id_for(ContactCodeId, owner) if key else ContactCodeId.new()
    is_lost = False
    for _ in range(_TRIES):
        if current and current.code_id == code_id:
            return _link(current)
        made = _made(code_id)
        if key and store.is_known(_text(made.code_id, made.key_version)):
            return _link_of_request(owner, code_id)
        try:
            commit(
                *store.replace_code(owner, current, made),
                *([store.disowning(owner, current)] if current and not is_lost else ()),
                accounts.active(owner),
            )
        except CodeMoved:
            current, is_lost = _read_again(owner, current)
        except accounts.NotActive:
            raise NotFound from None
        else:
            return _link(made)
    raise Unavailable


def _link_of_request(owner: AccountId, code_id: ContactCodeId) -> ContactLink:
    """The code that a concurrent request with the same Idempotency-Key made.

    Raises:
        ContactCodeReplaced: it is not the current one any more.
    """
    current = store.code_of(owner)
    if current is None or current.code_id != code_id:
        raise ContactCodeReplaced
    return _link(current)


def withdraw(owner: AccountId, current: ContactCode | None) -> None:
    """Withdraw the current code, if there is one. Repeating it changes nothing.

    Raises:
        Unavailable: concurrent requests made a new code every time.
    """
    is_lost = False
    for _ in range(_TRIES):
        if current is None:
            return
        disowning = () if is_lost else (store.disowning(owner, current),)
        try:
            commit(store.withdrawal(owner, current), *disowning)
        except CodeMoved:
            current, is_lost = _read_again(owner, current)
        else:
            return
    raise Unavailable


def _read_again(owner: AccountId, before: ContactCode | None) -> tuple[ContactCode | None, bool]:
    """The current code, and whether only the row that finds its owner is not as expected."""
    current = store.code_of(owner)
    return current, current is not None and current == before


def find_owner(code: str | None) -> tuple[AccountId, Write] | None:
    """The owner of a valid code, and the condition that it is valid; always one read."""
    return store.find_owner(code or "")


def delete_code(owner: AccountId) -> None:
    """Delete the row by which the code of an erased user is found; may be repeated."""
    if current := store.stored_code_of(owner):
        store.delete_owner(owner, current)


def check_repeat(owner: AccountId, key: IdempotencyKey | None, body: Body) -> None:
    """Refuse an Idempotency-Key that was used with another body. The request itself may be repeated.

    Raises:
        IdempotencyMismatch: the key was used with another body.
    """
    if key is None:
        return
    try:
        store.record_request(key.id_for(ContactRequestId, owner), idempotency.fingerprint(body))
    except store.RequestSeen as seen:
        if seen.found:
            idempotency.check(seen.found["fingerprint"], body)


def _made(code_id: ContactCodeId) -> ContactCode:
    """A new code, made now."""
    version = keyring.mac_keys(Secret.CODES).current
    return ContactCode(
        code_id=code_id,
        key_version=version,
        owner_key=store.owner_key(_text(code_id, version)),
        made_at=clock.now(),
    )


def _text(code_id: ContactCodeId, key_version: str) -> str:
    """The code itself: 26 characters of Crockford's base32, from a keyed digest of its id."""
    digest = keyring.mac_keys(Secret.CODES).digest_under(key_version, "contact_code", code_id)
    return ContactCodeId.from_digest(digest).removeprefix(f"{ContactCodeId.prefix}_")


def _link(code: ContactCode) -> ContactLink:
    """The view of a code. It stands in the fragment of the link, which a browser does not send."""
    text = _text(code.code_id, code.key_version)
    return ContactLink(code=text, link=f"{settings().issuer}/c#{text}", expires_at=code.expires_at)


# The page behind the link of a code is the same for everyone and names no user. A browser does not send the
# fragment with the code, and the page has no script that reads it. On a phone with the app, the system can
# give the whole link to the app (ADR 82). By language: a heading, and what happens with and without the app.
_IN_SERBIAN = (
    "RU4M veza za kontakt",
    (
        "Sa aplikacijom RU4M: otvorite ovu vezu na telefonu na kojem je aplikacija. Veza može da otvori "
        "aplikaciju. Tamo možete da postanete kontakt osobe koja Vam je dala vezu, i tada vidite ko je to. "
        "Učinite to samo ako znate ko Vam ju je dao. Kontakt možete da prekinete u aplikaciji."
    ),
    (
        "Bez aplikacije: ova stranica ne radi ništa, a osoba ne saznaje da ste je videli. Preuzmite "
        "aplikaciju RU4M na telefon, otvorite nalog i tamo ponovo otvorite vezu. Veza važi najviše sedam "
        "dana, a ne važi ako ju je osoba zamenila ili povukla."
    ),
)
_TEXTS = (
    (
        "en",
        "A contact link of RU4M",
        (
            "With the RU4M app: open this link on the phone that has the app. The link can open the app. "
            "There you can become a contact of the person who gave you the link, and then you see who that "
            "is. Do so only if you know who gave it to you. You can end the contact in the app."
        ),
        (
            "Without the app: this page does nothing, and the person does not learn that you saw it. Get the "
            "RU4M app for your phone, sign up, and open the link there again. It is valid for seven days at "
            "most, and not after the person replaced or withdrew it."
        ),
    ),
    ("sr-Latn", *_IN_SERBIAN),
    ("sr-Cyrl", *map(to_cyrillic, _IN_SERBIAN)),
)


def contact_page() -> str:
    """Build the page behind the link of a code."""
    parts = (
        tag("section", tag("h2", heading), *(tag("p", text) for text in texts), lang=language)
        for language, heading, *texts in _TEXTS
    )
    body = tag("div", tag("header", tag("h1", "RU4M")), tag("main", *parts), class_="page")
    return "".join((opening("RU4M", Language.ENGLISH), body, Html("</body></html>\n")))
