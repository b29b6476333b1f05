"""The form of usernames (ACC-3, ADR 106). Pure.

A username has the letters of one script, Latin as in Serbian or Serbian Cyrillic, with digits, dots,
underscores and hyphens. Everything else is refused: invisible, combining and bidirectional characters, and
the look-alikes of other scripts. What two users would read as one name has one normal form, in which the
letters that look alike are one; a claim on it makes the name unique.
"""

import re
import unicodedata

from chalicelib.core.contract_words import ErrorCode
from chalicelib.core.errors import InvalidRequest, fault

_RULE = "3 to 32 letters of one script, digits, dots, underscores and hyphens, a letter first"
_MARKS = "0-9._-"
_LATIN, _CYRILLIC = "a-zčćđšž", "абвгдђежзијклљмнњопрстћуфхцчџш"
_FORM = re.compile(rf"[{_LATIN}][{_LATIN}{_MARKS}]{{2,31}}|[{_CYRILLIC}][{_CYRILLIC}{_MARKS}]{{2,31}}")
# Letters and digits of different code points that people read as the same one, also in capitals (UTS 39).
_ALIKE = str.maketrans(
    "čćšžđавгејкмнорстухћзб01i",  # noqa: RUF001 - that is the subject
    "ccszdabrejkmhopctyxh36oll",
)
_RESERVED_WORDS = """
abuse account admin administrator anonymous api app billing contact everyone guest help info legal login
mail me moderator nobody noreply null official owner password postmaster privacy root sales security service
settings signup staff support system team undefined user username webmaster
korisnik lozinka nalog obavestenja podrska pomoc privatnost sigurnost tim администратор админ налог подршка
помоћ приватност сигурност тим корисник лозинка
"""


def shown_form(typed: str) -> str:
    """Return a name as it is kept and shown: composed, in the case in which it was typed (NFKC)."""
    return unicodedata.normalize("NFKC", typed)


def normal_form(name: str) -> str:
    """Return what all spellings of a name have in common. It accepts any text, and refuses none."""
    folded = shown_form(name).casefold().translate(_ALIKE)
    return folded.replace("rn", "m").replace("vv", "w")


_RESERVED = frozenset(map(normal_form, _RESERVED_WORDS.split()))


def checked(typed: str) -> str:
    """Return the shown form of a name that a user may choose.

    Raises:
        InvalidRequest: it has other characters, or letters of two scripts, is too short or too long, does not
            begin with a letter, is reserved, or insults people.
    """
    shown = shown_form(typed)
    if not _FORM.fullmatch(shown.lower()):
        raise InvalidRequest(errors=[fault("/username", ErrorCode.MALFORMED, _RULE)])
    bare = re.sub(r"[._-]", "", normal_form(shown))
    if bare in _RESERVED or "ru4m" in bare:
        raise InvalidRequest(errors=[fault("/username", ErrorCode.RESERVED, "A name that stands for us")])
    from chalicelib.core import insults  # not at the top: most functions take no name

    if insults.is_insulting(re.sub(r"[0-9._-]+", " ", shown)):
        raise InvalidRequest(errors=[fault("/username", ErrorCode.INSULTING, "It insults people")])
    return shown
