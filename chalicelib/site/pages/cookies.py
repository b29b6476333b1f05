"""What a browser stores of this site: a form that is open, and nothing else (USE-4)."""

from collections.abc import Iterator

from chalicelib.core.markup import Html
from chalicelib.site.layout import Reader, bullets, paragraphs, section

TITLE = "Cookies"


def parts(reader: Reader) -> Iterator[Html]:
    """Build the page."""
    say = reader.say
    yield paragraphs(
        say("This site asks for no consent to cookies, because it stores nothing that needs one."),
        say("The app stores on your phone only what it needs: your session, and what you set there."),
    )
    stored = say(
        "While a form is open, your browser keeps one cookie with the name {cookie}, so that the next page "
        "knows the form. It is encrypted, lasts 30 minutes at most, and ends when you close the form.",
        cookie="__Host-form",
    )
    yield section(say("What is stored"), bullets(stored))
    yield section(
        say("What is not stored"),
        paragraphs(
            say(
                "No other cookie, no local storage, no tag, no beacon, no picture and no script of others. "
                "We do not follow you over pages, and do not recognise you on your next visit."
            ),
        ),
    )
    yield section(
        say("Signals of your browser"),
        paragraphs(
            say(
                "We honour {signal}: in the app it refuses marketing and personalised advertisements, unless "
                "you decided yourself. On this site there is nothing that it could stop.",
                signal="Global Privacy Control",
            ),
        ),
    )
