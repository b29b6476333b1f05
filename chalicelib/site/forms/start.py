"""The pages on which a form begins: one for each right, a receipt, a message to us."""

from collections.abc import Iterator, Mapping

from chalicelib.core.markup import Html, tag
from chalicelib.privacy.purposes import CONSENTS_USED, LegalBasis, Practice, Purpose
from chalicelib.rights.request.terms import Right
from chalicelib.site import layout
from chalicelib.site.forms.fields import (
    Mistakes,
    actions,
    button,
    choice_field,
    form,
    long_field,
    news,
    summary,
    text_field,
)
from chalicelib.site.forms.model import ReceiptForm, ReportForm, StartForm, SupportForm
from chalicelib.site.layout import Reader, paragraphs, policy_of, section
from chalicelib.site.pages import rights

# Sends the receipt that a link has after `#`, which a browser does not send by itself.
OPEN_SCRIPT = """const open=()=>{const found=location.hash.slice(1);if(!/^r_/.test(found))return
history.replaceState(null,'',location.pathname+location.search)
const field=document.getElementById('receipt');field.value=found;field.form.submit();field.value=''}
addEventListener('hashchange',open);open()"""
RECEIPT_POLICY = policy_of(OPEN_SCRIPT)
_MOST = "At most 2,000 characters."
_GROUNDS = {
    "": "Please choose",
    "a": "The data is wrong, and you are checking it",
    "b": "Using the data is unlawful, but do not delete it",
    "c": "I need the data for a legal claim",
    "d": "I have objected, and you are weighing it",
}
_REASONS = {
    Right.RECTIFICATION: ("What is wrong, and what is right?", "Name each detail, and its right value."),
    Right.RESTRICTION: ("What should we know? (optional)", ""),
    Right.OBJECTION: ("Your reasons (optional)", "Your situation helps us to weigh your objection."),
}
_CHOSEN_FROM = {
    Right.CONSENT_WITHDRAWAL: ("Which consent?", "All of my consents", LegalBasis.CONSENT),
    Right.OBJECTION: ("To which use?", "Every use that I can object to", LegalBasis.LEGITIMATE_INTERESTS),
}


def of_right(reader: Reader, right: Right, typed: StartForm, mistakes: Mistakes = ()) -> str:
    """Build the page of a right: what happens, then its form."""
    say = reader.say
    title = say(rights.TITLES[right])
    begin = form(
        reader.link(f"/privacy/rights/{right}"),
        *_questions(reader, right, typed, mistakes),
        text_field(
            "contact",
            say("Your mobile number or email address"),
            hint=say(
                "We send a code there. Use the one of your account, if you have one. A number without a "
                "country code is one of Serbia."
            ),
            value=typed.contact,
            mistakes=mistakes,
            autocomplete="email",
        ),
        actions(button(say("Send me a code"), kind="main")),
    )
    asked = section(say("Begin here"), begin, id="form")
    jump = actions(tag("a", say("Begin here"), href="#form", class_="button main"))
    parts = (summary(reader, mistakes), jump, *rights.about(reader, right), asked)
    return layout.page(reader, title, *parts, news=news(reader, mistakes))


def _questions(reader: Reader, right: Right, typed: StartForm, mistakes: Mistakes) -> Iterator[Html]:
    say = reader.say
    if right is Right.RESTRICTION:
        grounds = {letter: say(text) for letter, text in _GROUNDS.items()}
        yield choice_field("ground", say("Why?"), grounds, value=typed.ground, mistakes=mistakes)
    if right in _CHOSEN_FROM:
        from chalicelib.site.pages import stated  # the other pages state no facts

        label, all_of_them, basis = _CHOSEN_FROM[right]
        found = (purpose for purpose in _used(stated.facts()) if purpose.basis is basis)
        purposes = {purpose.value: say(purpose.plainly) for purpose in found}
        yield choice_field("purpose", say(label), {"": say(all_of_them), **purposes}, value=typed.purpose)
    if right in _REASONS:
        label, hint = _REASONS[right]
        hints = (*([say(hint)] if hint else []), say(_MOST))
        yield long_field("reason", say(label), hint=" ".join(hints), value=typed.reason, mistakes=mistakes)


def _used(facts: Mapping[str, str]) -> Iterator[Purpose]:
    """The purposes of what we do; those with a consent that a practice of the policy in effect uses."""
    practices = (practice for practice in Practice if f"practice/{practice.name}" in facts)
    offered = frozenset[Purpose]().union(*(CONSENTS_USED[practice] for practice in practices))
    for purpose in Purpose:
        is_done = f"for/{purpose.value}" in facts and purpose.basis is not LegalBasis.CONSENT
        if is_done or purpose in offered:
            yield purpose


def of_receipt(reader: Reader, typed: ReceiptForm, mistakes: Mistakes = (), token: str = "") -> str:
    """Build the page behind the link with a receipt; its script sends the receipt, a person can paste it.

    `token`: of another form that is open, and that its person is asked to leave.
    """
    say = reader.say
    begin = form(
        reader.link("/privacy/request"),
        text_field(
            "receipt",
            say("Your receipt, or the whole link"),
            hint=say("The page showed it when you made the request. Some of our messages have it too."),
            value=typed.receipt,
            mistakes=mistakes,
            autocomplete="off",
        ),
        actions(button(say("Show my request"), kind="main")),
        token=token,
    )
    lead = paragraphs(
        say(
            "See how far your request is, cancel it, or fetch what we made for you. You need neither the app "
            "nor an account. On a phone with the RU4M app, the link can open the app, which shows the same."
        ),
    )
    script = tag("script", Html(OPEN_SCRIPT))
    parts = (summary(reader, mistakes), lead, begin, script)
    said = news(reader, mistakes)
    return layout.page(reader, say("Your request"), *parts, policy=RECEIPT_POLICY, news=said)


_REASONS_TO_REPORT = {
    "": "Please choose",
    "child_safety": "Sexual abuse of children",
    "threat_to_life": "A threat to life",
    "violence": "Violence, or a threat of it",
    "harassment": "Harassment",
    "hate": "Hatred against people",
    "sexual_content": "Sexual content without consent",
    "impersonation": "A false identity",
    "fraud": "Fraud",
    "spam": "Unwanted mass messages",
    "illegal_goods": "Trade in what the law forbids",
    "other": "Something else",
}


def of_report(reader: Reader, typed: ReportForm, mistakes: Mistakes = ()) -> str:
    """Build the page on which a person without an account reports abuse."""
    say = reader.say
    reasons = {name: say(text) for name, text in _REASONS_TO_REPORT.items()}
    begin = form(
        reader.link("/privacy/report"),
        choice_field("reason", say("What is it about?"), reasons, value=typed.reason, mistakes=mistakes),
        long_field(
            "described",
            say("Who is it, and where did you see it?"),
            hint=say(
                "A mobile number or an email address helps us most to find the account. Say all you know."
            ),
            value=typed.described,
            mistakes=mistakes,
        ),
        long_field(
            "text",
            say("What happened, and why is it wrong?"),
            hint=say(_MOST),
            value=typed.text,
            mistakes=mistakes,
        ),
        text_field(
            "email",
            say("Your email address"),
            hint=say(
                "We send a code there, and then our decision. You do not need it to report sexual abuse of "
                "children: leave it empty, we do not keep it."
            ),
            value=typed.email,
            mistakes=mistakes,
            autocomplete="email",
            type="email",
        ),
        text_field(
            "appealed",
            say("To appeal: the number of your report"),
            hint=say("Only if we decided about a report of yours, and you disagree. Say why above."),
            value=typed.appealed,
            mistakes=mistakes,
            autocomplete="off",
        ),
        paragraphs(
            say(
                "We keep a report, and the address if you gave one, for 15 months at most, then we delete "
                "them."
            )
        ),
        paragraphs(say("By sending this you say that you believe it to be true and complete.")),
        actions(button(say("Send"), kind="main")),
    )
    lead = paragraphs(
        say("Is a life or a child in danger now? Call the police first."),
        say("With the app, report where you see it: then we can copy the messages at once."),
        say(
            "A person decides: within an hour about children and threats to life, within a day about all "
            "else. The person whom you report does not learn from us who you are."
        ),
    )
    parts = (summary(reader, mistakes), lead, begin)
    return layout.page(reader, say("Report abuse"), *parts, news=news(reader, mistakes))


def of_support(reader: Reader, typed: SupportForm, mistakes: Mistakes = ()) -> str:
    """Build the page on which a person writes to us."""
    say = reader.say
    begin = form(
        reader.link("/privacy/support"),
        text_field(
            "email",
            say("Your email address"),
            hint=say("We send a code there, and then the answer."),
            value=typed.email,
            mistakes=mistakes,
            autocomplete="email",
            type="email",
        ),
        long_field("text", say("Your message"), hint=say(_MOST), value=typed.text, mistakes=mistakes),
        actions(button(say("Send me a code"), kind="main")),
    )
    lead = paragraphs(
        say("Ask us about the app, your account or your data. A person reads it and answers by email."),
        say("We keep your message and our answer for one year, then we delete them."),
        say("Do not send passwords, codes or identity papers."),
    )
    parts = (summary(reader, mistakes), lead, begin)
    return layout.page(reader, say("Write to us"), *parts, news=news(reader, mistakes))
