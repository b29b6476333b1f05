"""The pages of an open form: the code that it waits for, the request that it shows, a message to us."""

from collections.abc import Iterator

from chalicelib.core import clock
from chalicelib.core.markup import Html, pairs, tag
from chalicelib.core.page import day, instant, last_day
from chalicelib.core.settings import settings
from chalicelib.rights.answers.views import KeptView, RequestView
from chalicelib.rights.papers.model import IdentityPaper
from chalicelib.rights.request import declaration, receipts, recipients
from chalicelib.rights.request.deadline import ExtensionReason
from chalicelib.rights.request.model import IdentityProof, RightsRequest
from chalicelib.rights.request.proofs import are_two
from chalicelib.rights.request.terms import ReceivedBy, Right, Status
from chalicelib.site import layout
from chalicelib.site.forms import papers as paper_pages
from chalicelib.site.forms.fields import Mistakes, actions, button, form, news, summary, text_field
from chalicelib.site.forms.model import StepForm
from chalicelib.site.forms.open_form import LASTS, AwaitedCode, CodeFor, OpenForm
from chalicelib.site.layout import Reader, bullets, link, paragraphs, section

_COMPLETED = {Status.COMPLETED, Status.PARTIALLY_COMPLETED}
_STEP = "/privacy/form"
_LATE = {
    ExtensionReason.COMPLEXITY: "We need more time for your request, because it is complex.",
    ExtensionReason.HIGH_VOLUME: "We need more time for your request, because there are many requests.",
}
_PROOFS = {
    IdentityProof.NUMBER: "the number",
    IdentityProof.MAILBOX: "the email address",
    IdentityProof.DEVICE: "the device",
    IdentityProof.STAFF: "a check by our staff",
}
_STATES = {
    Status.CANCELLED: "The request was cancelled.",
    Status.REFUSED: "We refused your request.",
    Status.AWAITING_VERIFICATION: (
        "Before we answer, we need a further proof that the request came from you."
    ),
    "answered": "We have answered your request.",
    "answered_in_app": (
        "We have answered your request. A copy is shown only in the app of the account, for some days."
    ),
    "cancellable": "We are working on your request.",
    "begun": "We are working on your request.",
}
_ERASURE_STATES = {
    Status.CANCELLED: "The deletion was cancelled. Your account and its data stay.",
    Status.REFUSED: "We did not delete your account.",
    "cancellable": (
        "Your account and your data will be deleted, except what we have to keep by law or for legal claims. "
        "You can still cancel this."
    ),
    "begun": (
        "The deletion has begun and cannot be stopped any more. When it is done, this page shows the "
        "certificate. Keep the receipt."
    ),
}


def no_form(reader: Reader) -> str:
    """Build the page for a browser that keeps no open form."""
    say = reader.say
    said = paragraphs(
        say(
            "A form ends thirty minutes after it was opened, and when you close it. What you sent before is "
            "with us: your receipt shows it."
        ),
        say(
            "If you have just sent a form, your browser keeps no cookies. Allow them for this page, or write "
            "to us."
        ),
    )
    begin = link(reader, "/privacy", say("Begin again"), class_="button main")
    shown = link(reader, "/privacy/request", say("I have a receipt"), class_="button")
    return layout.page(reader, say("No form is open"), said, actions(begin, shown))


def code(
    reader: Reader, opened: OpenForm, awaited: AwaitedCode, mistakes: Mistakes, typed: StepForm | None
) -> str:
    """Build the page that asks for a code."""
    say, until = reader.say, tag("strong", instant(awaited.ends_at, reader.language))
    sent = say("We sent a code by text message." if awaited.is_text else "We sent a code by email.")
    asked = text_field(
        "code",
        say("The six digits of the code"),
        mistakes=mistakes,
        inputmode="numeric",
        autocomplete="one-time-code",
    )
    key = text_field(
        "release_key",
        say("The key from our staff, if they gave you one"),
        value=typed.release_key if typed else "",
        mistakes=mistakes,
        autocomplete="off",
    )
    steps = form(
        reader.link(_STEP),
        asked,
        key if awaited.purpose is CodeFor.PROOF else Html(),
        actions(
            button(say("Continue"), do="verify", kind="main"),
            button(say("Send a new code"), do="again") if awaited.typed else Html(),
            button(say("Back to the request"), do="back") if opened.request_id else Html(),
            button(say("Close the form"), do="close"),
        ),
        token=opened.token,
    )
    lead = paragraphs(sent, Html("{} {}").format(say("It can be used until"), until), _ends(reader, opened))
    parts = (summary(reader, mistakes), lead, steps)
    return layout.page(reader, say("Enter the code"), *parts, news=news(reader, mistakes))


def sent(reader: Reader, opened: OpenForm) -> str:
    """Build the page after a message to us was received."""
    said = paragraphs(reader.say("We have your message, and answer it by email."))
    return layout.page(reader, reader.say("Thank you"), said, _closing(reader, opened))


def report(reader: Reader, opened: OpenForm) -> str:
    """Build the page after a report of abuse, or an appeal, was received: its receipt."""
    say = reader.say
    known = {
        "report": str(opened.report_id),
        "until": str(instant(opened.decided_by or clock.now(), reader.language).striptags()),
    }
    said = paragraphs(
        say("We have it under the number {report}. Note the number.", **known),
        say("A person answers by {until} at the latest.", **known),
        say("We send the answer by email.")
        if opened.is_mailed
        else say("You gave no address, so we cannot send you an answer."),
    )
    return layout.page(reader, say("Thank you"), said, _closing(reader, opened))


def request(
    reader: Reader,
    opened: OpenForm,
    found: RightsRequest,
    mistakes: Mistakes,
    typed: StepForm | None,
    sent: tuple[IdentityPaper, ...] | None = None,
) -> str:
    """Build the page of a request: how far it is, what can be done, and its receipt.

    `sent`: the papers that prove the identity of its subject; None if it takes none.
    """
    named = recipients.named_disclosures(found)
    view = RequestView.of(found, reader.language, named, sent)
    shown = _ShownRequest(reader, found, view)
    steps = form(reader.link(_STEP), actions(*shown.actions()), token=opened.token)
    more = _new_number if found.gives_number and found.is_open else _proof
    proof = more(reader, opened, view, mistakes, typed)
    if view.identity and view.identity.papers is not None:
        proof += paper_pages.offered(reader, opened, view.identity.papers)
    card = tag("section", *shown.card(), steps, class_="card")
    parts = (summary(reader, mistakes), card, proof, _receipt(reader, found), _closing(reader, opened))
    return layout.page(reader, shown.title, *parts, news=news(reader, mistakes))


class _ShownRequest:
    """What a request is, in the words of its reader. Its erasure has words of its own."""

    def __init__(self, reader: Reader, found: RightsRequest, view: RequestView) -> None:
        self._reader, self._say, self._view = reader, reader.say, view
        self._is_erasure = view.right is Right.ERASURE and not view.without_account
        self._is_done = view.status in _COMPLETED
        # The step warns the account of a request without a session: the holder of its receipt gets the copy.
        warned = any(step.name == declaration.WARN for step in found.steps)
        self._is_guest = view.received_by is ReceivedBy.GUEST or view.without_account or warned
        self._texts = view.decision.text.split("\n\n") if view.decision else []

    @property
    def title(self) -> str:
        """The heading of the page."""
        return self._say("Deletion of your account" if self._is_erasure else "Your request")

    def card(self) -> Iterator[Html]:
        """Yield what the page says about the request, the person first."""
        say, view = self._say, self._view
        yield tag("p", self._state(), class_="lead", id="state")
        if view.status is Status.AWAITING_VERIFICATION and not view.identity:
            yield tag("p", say("To give it, write to {contact}.", contact=settings().contact_email))
        if view.decision and view.decision.kept:
            yield bullets(*(self._kept(one) for one in view.decision.kept))
        yield self._dates()
        if view.extended and not view.decided_at:
            yield tag("p", say(_LATE[view.extended.reason]))
        if view.restraint and view.restraint.ends_at and view.restraint.ends_because:
            ends = day(view.restraint.ends_at, self._reader.language)
            yield tag("p", say("End of the restriction:"), " ", ends)
            yield tag("p", view.restraint.ends_because)
        if self._texts and view.status is not Status.CANCELLED:
            rest = self._texts[1:] if self._is_erasure and self._is_done else self._texts
            yield tag("p", "\n\n".join(rest), class_="answer", id="answer")
        if self._is_erasure and view.cancellable:
            contact = settings().contact_email
            yield tag(
                "p",
                say(
                    "You do not want this? Cancel the deletion. If another person asked for it, write to "
                    "{contact}.",
                    contact=contact,
                ),
                class_="quiet",
            )

    def actions(self) -> Iterator[Html]:
        """Yield what the reader can do."""
        reader, say, view = self._reader, self._say, self._view
        if view.cancellable:
            text = "Cancel the deletion" if self._is_erasure else "Cancel the request"
            yield button(say(text), do="cancel", kind="main")
        has_copy = view.right in {Right.ACCESS, Right.PORTABILITY} and not view.without_account
        if self._is_done and self._is_guest and has_copy:
            yield link(reader, "/privacy/form/copy", say("Download the copy"), class_="button main")
        if self._is_done and self._is_erasure:
            file = "/privacy/form/signed-certificate.json"
            yield link(
                reader, file, say("Download the signed file"), class_="button main",
                download="signed-certificate.json",
            )  # fmt: skip
            yield link(reader, "/privacy/form/certificate", say("Read the certificate"), class_="button")
            yield link(reader, "/privacy/verify", say("Check a certificate"), class_="button")

    def _state(self) -> str:
        if self._is_erasure and self._is_done:
            return self._texts[0]
        said = _STATES | (_ERASURE_STATES if self._is_erasure else {})
        return self._say(said[self._stage()])

    def _stage(self) -> str:
        status = self._view.status
        if status in {Status.CANCELLED, Status.REFUSED, Status.AWAITING_VERIFICATION}:
            return status
        if self._is_done:
            return "answered" if self._is_guest else "answered_in_app"
        return "cancellable" if self._view.cancellable else "begun"

    def _dates(self) -> Html:
        say, view, language = self._say, self._view, self._reader.language
        begins = view.cancellable_until
        end = ("Decided", view.decided_at) if view.decided_at else ("Answer due by", view.due_at)
        return pairs(
            (say("Received"), day(view.received_at, language)),
            (say("Deletion begins at the earliest"), instant(begins, language) if begins else ""),
            (say(end[0]), day(end[1], language)),
        )

    def _kept(self, one: KeptView) -> Html:
        """A kind that is kept. The law of a hold is in the language of the operator who recorded it."""
        until = last_day(one.ends_at, self._reader.language) if one.ends_at else ""
        return Html("{} ({}), {} {}").format(one.what, one.law, self._say("until"), until)


def _proof(
    reader: Reader, opened: OpenForm, view: RequestView, mistakes: Mistakes, typed: StepForm | None
) -> Html:
    """The form of a further proof, for a request that waits for one."""
    say, identity, contact = reader.say, view.identity, settings().contact_email
    if identity is None:
        return Html()
    last_day_to_prove = day(identity.refused_at, reader.language)
    if are_two(identity.proofs):
        checked = say(
            "We have both proofs. Two of our staff now check who made the request. Write to {contact}, so "
            "that they can check. Without the check, we refuse the request on",
            contact=contact,
        )
        return section(say("A check by our staff"), tag("p", checked, " ", last_day_to_prove), class_="card")
    given = ", ".join(say(_PROOFS[one]) for one in identity.proofs if one in _PROOFS)
    proven = [say("Proven so far: {proofs}.", proofs=given)] if given else []
    last = Html("{} {}").format(say("Without it, we refuse the request on"), last_day_to_prove)
    label = say("The email address or the number of the account")
    hint = say("Use the one that you did not use before. We send a code there.")
    asked = _contact_form(reader, opened, label, hint, mistakes, typed)
    other = paragraphs(say("You have no other one? Write to {contact}.", contact=contact))
    return section(say("A further proof"), paragraphs(*proven, last), asked, other, class_="card")


def _new_number(
    reader: Reader, opened: OpenForm, view: RequestView, mistakes: Mistakes, typed: StepForm | None
) -> Html:
    """The form by which the owner gets the account under another number, which our staff allowed (ADR 68)."""
    say, lead = reader.say, []
    if view.number_again_at:
        taken = say("Another account has the number. You can prove it again from")
        lead = [Html("{} {}").format(taken, instant(view.number_again_at, reader.language))]
    hint = say("We send a code there. You also need the key that our staff gave you.")
    asked = _contact_form(reader, opened, say("Your new number"), hint, mistakes, typed)
    return section(say("Your account under another number"), paragraphs(*lead), asked, class_="card")


def _contact_form(
    reader: Reader, opened: OpenForm, label: str, hint: str, mistakes: Mistakes, typed: StepForm | None
) -> Html:
    value = typed.contact if typed else ""
    asked = text_field("contact", label, hint=hint, value=value, mistakes=mistakes, autocomplete="email")
    send = actions(button(reader.say("Send me a code"), do="add", kind="main"))
    return form(reader.link(_STEP), asked, send, token=opened.token)


def _receipt(reader: Reader, found: RightsRequest) -> Html:
    say, link_to_page = reader.say, receipts.link(found.request_id)
    return section(
        say("Your receipt"),
        paragraphs(
            say(
                "Save this link, or print this page. It shows the request until we delete it, also after "
                "an account is deleted. Anyone who has it can read the request, cancel it and download its "
                "copy: give it to no one."
            )
        ),
        tag("p", tag("a", link_to_page, href=link_to_page), class_="v", id="receipt"),
        class_="card",
    )


def _closing(reader: Reader, opened: OpenForm) -> Html:
    close = button(reader.say("Close the form"), do="close")
    return form(
        reader.link(_STEP),
        tag("p", _ends(reader, opened), class_="quiet"),
        actions(close),
        token=opened.token,
    )


def _ends(reader: Reader, opened: OpenForm) -> Html:
    end = instant(opened.opened_at + LASTS, reader.language)
    return Html("{} {}").format(reader.say("This form ends at"), end)
