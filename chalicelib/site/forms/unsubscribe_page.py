"""The page behind the link to unsubscribe in a marketing mail.

Programs that check links open them, so the page asks, and changes nothing; its button sends the form of RFC
8058. The page names no person, and is in the language of the mail.
"""

from chalicelib.core.http import ShownLanguage
from chalicelib.core.languages import Language
from chalicelib.core.markup import tag
from chalicelib.site import layout
from chalicelib.site.forms.fields import actions, button
from chalicelib.site.layout import Reader, paragraphs

_PATH = "/privacy/unsubscribe/{token}"


def reader_of(mail: Language, chosen: ShownLanguage | None) -> Reader:
    """Return the reader of the page: in the language of the mail, unless they chose another one."""
    return Reader(_PATH, Language(chosen) if chosen else mail, chosen)


def question(reader: Reader) -> str:
    """Build the page that asks."""
    say = reader.say
    what = paragraphs(
        say(
            "We then send you no more news and offers, and do not choose advertisements by your data. Mails "
            "about an account and about rights are not affected. You need neither the app nor to sign in."
        ),
    )
    stop = tag(
        "form",
        tag("input", type="hidden", name="List-Unsubscribe", value="One-Click"),
        tag("input", type="hidden", name="answer", value="page"),
        actions(button(say("I want no marketing"), kind="main")),
        method="post",
    )
    return layout.page(reader, say("Stop marketing?"), what, stop)


def confirmation(reader: Reader) -> str:
    """Build the page that confirms the objection."""
    done = reader.say(
        "Done. We send you no more news and offers; one that is already on its way may still arrive. An "
        "account can consent to them again in the app."
    )
    return layout.page(reader, reader.say("No more marketing"), tag("p", done, role="status"))
