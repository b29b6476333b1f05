"""The pages by which a person uploads a paper that proves who they are, if they want to (ADR 101).

The browser sends the file to S3 itself, by a form that works once and needs no script.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from chalicelib.core.http import HtmlPage
from chalicelib.core.markup import Html, tag
from chalicelib.core.settings import settings
from chalicelib.rights.answers.views import PaperView
from chalicelib.rights.papers.model import MAX_PAPERS, PaperFlaw, PaperState
from chalicelib.site import layout
from chalicelib.site.forms.fields import actions, button, form
from chalicelib.site.forms.open_form import OpenForm
from chalicelib.site.layout import Reader, bullets, link, paragraphs, policy_of, section

_STATES = {
    PaperState.WAITING: "not uploaded yet",
    PaperState.PROCESSING: "being checked",
    PaperState.READY: "received",
    PaperState.REJECTED: "not accepted",
}
_FLAWS = {
    PaperFlaw.OTHER_TYPE: "it is neither an image (JPEG, PNG, WebP) nor a PDF",
    PaperFlaw.TOO_MANY_PIXELS: "the image is too large",
    PaperFlaw.UNREADABLE: "the file cannot be read",
}


def offered(reader: Reader, opened: OpenForm, papers: Iterable[PaperView]) -> Html:
    """Build the part of a request that waits for a check: its papers, and the button for another one."""
    say, found = reader.say, tuple(papers)
    days = str(settings().periods["identity_papers"].count)
    lead = paragraphs(
        say(
            "You can send a paper that proves who you are. You do not have to: our staff can check in other "
            "ways."
        ),
        say(
            "Black out what is not needed: all but your name, your date of birth and the photograph. We "
            "delete papers {days} days after the check.",
            days=days,
        ),
    )
    states = bullets(*(_state(reader, one) for one in found)) if found else Html()
    send = Html()
    if len(found) < MAX_PAPERS:
        again = actions(button(say("Send a paper"), do="paper"))
        send = form(reader.link("/privacy/form"), again, token=opened.token)
    return section(say("A paper, if you want"), lead, states, send, class_="card", id="papers")


def upload(reader: Reader, to: Mapping[str, object]) -> HtmlPage:
    """Build the page with the form that uploads one file."""
    say, url, fields = reader.say, str(to["url"]), to["fields"]
    hidden = dict(fields) if isinstance(fields, Mapping) else {}
    label = tag("label", say("The file"), for_="file")
    hint = say("One image (JPEG, PNG, WebP) or PDF of at most 5 MB. You have ten minutes.")
    chooser = tag("input", type="file", id="file", name="file", aria_describedby="hint")
    send = tag(
        "form",
        *(tag("input", type="hidden", name=str(name), value=str(value)) for name, value in hidden.items()),
        tag("div", label, tag("p", hint, class_="hint", id="hint"), chooser, class_="field"),
        actions(button(say("Send the file"), kind="main"), _back(reader)),
        method="post",
        enctype="multipart/form-data",
        action=url,
    )
    site = urlsplit(url)
    policy = policy_of(forms=f"'self' {site.scheme}://{site.netloc}")
    return HtmlPage(markup=layout.page(reader, say("Send a paper"), send, policy=policy), policy=policy)


def uploaded(reader: Reader) -> str:
    """Build the page to which S3 sends the browser after an upload."""
    said = reader.say(
        "We have the file. Images are made anew without hidden data; that takes about a minute."
    )
    return layout.page(reader, reader.say("Thank you"), paragraphs(said), actions(_back(reader)))


def _back(reader: Reader) -> Html:
    return link(reader, "/privacy/form", reader.say("Back to the request"), class_="button")


def _state(reader: Reader, one: PaperView) -> str:
    state = reader.say(_STATES[one.state])
    return f"{state}: {reader.say(_FLAWS[one.flaw])}" if one.flaw else state
