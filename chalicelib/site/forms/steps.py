"""What the forms do: each step calls the service of the API beneath, and leads to the next page (ADR 99).

Invariants:

- A step that is taken twice does what it did once: a form that is sent again within a minute asks for the
  same code, a code that is sent again shows the same request, a cancellation can be repeated.
- A step names the token of the form that the browser keeps. Another one changes nothing: the page was of an
  older form, in another tab, or had ended.
- A refusal shows the same page again, with what was typed.
"""

import json
import uuid
from collections.abc import Mapping
from typing import TypeVar

from chalicelib.accounts.challenges.model import ChallengeView, CodeChannel
from chalicelib.core import clock, keyring
from chalicelib.core.clock import MINUTE
from chalicelib.core.contract_words import ErrorCode
from chalicelib.core.errors import InvalidRequest, NotFound, Problem, existing, fault
from chalicelib.core.http import ClientAddress, HtmlPage, RefusedPage, SeeOther
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AbuseReportId
from chalicelib.core.page import POLICY
from chalicelib.core.settings import Secret
from chalicelib.privacy.controller import CONTROLLER
from chalicelib.rights import service as requests
from chalicelib.rights.erasure import certificate
from chalicelib.rights.erasure.certificate import CertificateFile
from chalicelib.rights.guests import service as guests
from chalicelib.rights.guests.model import GivenContact, GuestRequest, Proving
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.states import ProofNotAccepted
from chalicelib.rights.request.terms import Right
from chalicelib.safety.reports import guests as guest_reports
from chalicelib.safety.reports.model import AbuseReport, GuestReport, ReportReason
from chalicelib.site.forms import papers, shown, start
from chalicelib.site.forms.fields import Mistake, Mistakes
from chalicelib.site.forms.mistakes import mistake_of
from chalicelib.site.forms.model import ReceiptForm, ReportForm, StartForm, StepForm, SupportForm
from chalicelib.site.forms.open_form import NO_FORM, AwaitedCode, CodeFor, OpenForm
from chalicelib.site.layout import SITE_POLICY, Reader
from chalicelib.staff.support import service as support
from chalicelib.staff.support.model import NewSupportMessage

_Body = TypeVar("_Body", GuestRequest, GivenContact, GuestReport, Proving, NewSupportMessage)
_FORM = "/privacy/form"
_NEEDED = {Right.RECTIFICATION: ("reason",), Right.RESTRICTION: ("ground",)}


def ask(reader: Reader, right: Right, typed: StartForm, address: ClientAddress) -> SeeOther | RefusedPage:
    """Ask for a code for a request."""
    try:
        awaited = _code_for_right(reader, right, typed, address)
    except Problem as problem:
        markup = start.of_right(
            reader, right, typed, (mistake_of(problem, reader, "contact", "ground", "reason"),)
        )
        return RefusedPage(markup=markup, policy=SITE_POLICY)
    return _next(reader, OpenForm.new(awaited=awaited))


def write(reader: Reader, typed: SupportForm, address: ClientAddress) -> SeeOther | RefusedPage:
    """Ask for a code for a message to us."""
    try:
        awaited = _code_for_message(reader, typed, address)
    except Problem as problem:
        markup = start.of_support(reader, typed, (mistake_of(problem, reader, "email", "text"),))
        return RefusedPage(markup=markup, policy=SITE_POLICY)
    return _next(reader, OpenForm.new(awaited=awaited))


def report(reader: Reader, typed: ReportForm, address: ClientAddress) -> SeeOther | RefusedPage:
    """Take a report of abuse: at once if it needs no address, else after a code."""
    try:
        opened = _reported(reader, typed, address)
    except Problem as problem:
        fields = ("reason", "described", "text", "email", "appealed")
        markup = start.of_report(reader, typed, (mistake_of(problem, reader, *fields),))
        return RefusedPage(markup=markup, policy=SITE_POLICY)
    return _next(reader, opened)


def show(reader: Reader, form: OpenForm | None, typed: ReceiptForm) -> SeeOther | RefusedPage:
    """Open the request that a receipt belongs to.

    A link of a stranger must not replace another form that is open: its person is asked first.
    """
    try:
        request_id, receipt = existing(typed.found)
        requests.by_receipt(request_id, receipt)
    except NotFound as problem:
        markup = start.of_receipt(reader, typed, (mistake_of(problem, reader, "receipt"),))
        return RefusedPage(markup=markup, policy=start.RECEIPT_POLICY)
    if form and form.token != typed.token and form.request_id != request_id:
        asked = Mistake(reader.say("Another form is open. Press the button again to leave it."))
        markup = start.of_receipt(reader, typed, (asked,), form.token)
        return RefusedPage(markup=markup, policy=start.RECEIPT_POLICY)
    return _next(reader, OpenForm.new(request_id=request_id, receipt=receipt))


def current(reader: Reader, form: OpenForm | None) -> HtmlPage:
    """Build the page of the open form."""
    return HtmlPage(markup=_markup(reader, form), policy=SITE_POLICY)


def take(
    reader: Reader, form: OpenForm | None, step: StepForm, address: ClientAddress
) -> SeeOther | RefusedPage | HtmlPage:
    """Take a step of the open form."""
    if form is None or step.token != form.token:
        return SeeOther(location=reader.link(_FORM))
    if step.do == "close":
        return SeeOther(location=reader.link("/privacy"), cookie=NO_FORM)
    try:
        if step.do == "paper":
            _, upload = guests.offer_paper(existing(form.request_id), form.receipt)
            return papers.upload(reader, upload)
        return _next(reader, _stepped(reader, form, step, address))
    except Problem as problem:
        if isinstance(problem, ProofNotAccepted):  # another contact can be given
            form = form.model_copy(update={"awaited": None})
        mistake = mistake_of(problem, reader, *(("code", "release_key") if form.awaited else ("contact",)))
        markup = _markup(reader, form, (mistake,), step)
        return RefusedPage(markup=markup, policy=SITE_POLICY, cookie=form.cookie)


def copy(form: OpenForm | None) -> SeeOther:
    """Lead to the copy of the request that is shown."""
    shown_by = existing(form)
    link = requests.export_link_by_receipt(existing(shown_by.request_id), shown_by.receipt)
    return SeeOther(location=link.url)


def certificate_page(reader: Reader, form: OpenForm | None) -> HtmlPage:
    """Build the page of the certificate of the request that is shown."""
    markup = certificate.page_of_request(_request(existing(form)), reader.language)
    return HtmlPage(markup=markup, policy=POLICY)


def certificate_file(form: OpenForm | None) -> CertificateFile:
    """Return the signed certificate of the request that is shown."""
    return CertificateFile.of(certificate.of_request(_request(existing(form))))


def _request(form: OpenForm) -> RightsRequest:
    return requests.by_receipt(existing(form.request_id), form.receipt)


def _next(reader: Reader, form: OpenForm) -> SeeOther:
    return SeeOther(location=reader.link(_FORM), cookie=form.cookie)


def _markup(
    reader: Reader, form: OpenForm | None, mistakes: Mistakes = (), typed: StepForm | None = None
) -> str:
    if form is None:
        return shown.no_form(reader)
    if form.awaited:
        return shown.code(reader, form, form.awaited, mistakes, typed)
    if form.sent:
        return shown.sent(reader, form)
    if form.report_id:
        return shown.report(reader, form)
    try:
        found = _request(form)
        return shown.request(reader, form, found, mistakes, typed, guests.papers_of(found))
    except NotFound:  # the request was deleted while its form was open
        return shown.no_form(reader)


def _stepped(reader: Reader, form: OpenForm, step: StepForm, address: ClientAddress) -> OpenForm:
    """Take a step, and return the form after it."""
    if step.do == "cancel":
        requests.cancel_by_receipt(existing(form.request_id), form.receipt)
        return form.model_copy(update={"awaited": None})
    if step.do == "back" and form.request_id:
        return form.model_copy(update={"awaited": None})
    if step.do == "add":
        return form.model_copy(update={"awaited": _code_for_proof(reader, form, step.contact, address)})
    awaited = existing(form.awaited)
    if step.do == "again":
        return form.model_copy(update={"awaited": _code_again(reader, form, awaited, address)})
    return _verified(form, awaited, step, address)


def _verified(form: OpenForm, awaited: AwaitedCode, step: StepForm, address: ClientAddress) -> OpenForm:
    proving = _read(Proving, {"code": "".join(step.code.split()), "release_key": step.release_key or None})
    if awaited.purpose is CodeFor.PROOF:
        guests.add_proof(existing(form.request_id), form.receipt, awaited.challenge_id, proving, address)
        return OpenForm.new(request_id=form.request_id, receipt=form.receipt)
    if awaited.purpose is CodeFor.SUPPORT:
        support.verify(awaited.challenge_id, proving.code, address)
        return OpenForm.new(sent=True)
    if awaited.purpose is CodeFor.REPORT:
        return _received(guest_reports.verify(awaited.challenge_id, proving.code, address))
    taken = guests.verify(awaited.challenge_id, proving.code, address)
    return OpenForm.new(request_id=taken.request.request_id, receipt=taken.receipt)


def _code_again(reader: Reader, form: OpenForm, awaited: AwaitedCode, address: ClientAddress) -> AwaitedCode:
    if awaited.purpose is CodeFor.PROOF:
        return _code_for_proof(reader, form, awaited.typed.get("contact", ""), address)
    after = awaited.challenge_id
    if awaited.purpose is CodeFor.SUPPORT:
        return _code_for_message(reader, SupportForm.model_validate(awaited.typed), address, after)
    if awaited.purpose is CodeFor.REPORT:
        return _code_for_report(reader, ReportForm.model_validate(awaited.typed), address, after)
    typed = StartForm.model_validate(awaited.typed)
    return _code_for_right(reader, existing(awaited.right), typed, address, after)


def _code_for_right(
    reader: Reader, right: Right, typed: StartForm, address: ClientAddress, after: str = ""
) -> AwaitedCode:
    _check_filled(typed, "contact", *_NEEDED.get(right, ()))
    asked = {
        **_contact(typed.contact, reader),
        "right": right,
        **({"reason": typed.reason} if typed.reason else {}),
        **({"ground": typed.ground} if typed.ground else {}),
        **({"purposes": [typed.purpose]} if typed.purpose else {}),
    }
    body = _read(GuestRequest, asked)
    view = guests.start(body, address, _key({**asked, "after": after}, address))
    return _awaited(CodeFor.RIGHT, view, typed.model_dump(exclude_defaults=True), right)


def _check_filled(typed: StartForm | SupportForm | ReportForm, *fields: str) -> None:
    """Refuse a form without a field that it needs, before a code is sent.

    Raises:
        InvalidRequest: one is empty.
    """
    if empty := [name for name in fields if not getattr(typed, name)]:
        raise InvalidRequest(errors=[fault(f"/{name}", ErrorCode.MISSING, "Needed") for name in empty])


def _code_for_proof(reader: Reader, form: OpenForm, contact: str, address: ClientAddress) -> AwaitedCode:
    asked = _contact(contact, reader)
    body, request_id = _read(GivenContact, asked), existing(form.request_id)
    after = form.awaited.challenge_id if form.awaited else ""
    key = _key({**asked, "request_id": request_id, "after": after}, address)
    view = guests.start_proof(request_id, form.receipt, body, address, key)
    return _awaited(CodeFor.PROOF, view, {"contact": contact})


def _code_for_message(
    reader: Reader, typed: SupportForm, address: ClientAddress, after: str = ""
) -> AwaitedCode:
    _check_filled(typed, "email", "text")
    asked = {"email": typed.email, "text": typed.text, "locale": reader.language}
    key = _key({**asked, "after": after}, address)
    view = support.start(_read(NewSupportMessage, asked), address, key)
    return _awaited(CodeFor.SUPPORT, view, typed.model_dump(exclude_defaults=True))


def _reported(reader: Reader, typed: ReportForm, address: ClientAddress) -> OpenForm:
    body, key = _report_of(reader, typed, address)
    if body.needs_no_address:
        return _received(guest_reports.file_anonymously(body, address, key))
    return OpenForm.new(awaited=_code_for_report(reader, typed, address))


def _code_for_report(
    reader: Reader, typed: ReportForm, address: ClientAddress, after: str = ""
) -> AwaitedCode:
    _check_filled(typed, "email")
    body, key = _report_of(reader, typed, address, after)
    view = guest_reports.start(body, address, key)
    return _awaited(CodeFor.REPORT, view, typed.model_dump(exclude_defaults=True))


def _report_of(
    reader: Reader, typed: ReportForm, address: ClientAddress, after: str = ""
) -> tuple[GuestReport, IdempotencyKey]:
    asked = {name: value for name, value in typed.model_dump().items() if value}
    if AbuseReportId.parse(typed.appealed):
        _check_filled(typed, "text")  # whom it is about is known
        asked = {"reason": ReportReason.OTHER, "described": typed.text, **asked}
    else:
        _check_filled(typed, "reason", "described", "text")
        if typed.reason == ReportReason.CHILD_SAFETY:
            asked = {name: value for name, value in asked.items() if name not in {"email", "appealed"}}
    asked |= {"locale": reader.language}
    return _read(GuestReport, asked), _key({**asked, "after": after}, address)


def _received(report: AbuseReport) -> OpenForm:
    is_mailed = report.reporter is not None or report.mailbox is not None
    return OpenForm.new(report_id=report.abuse_report_id, decided_by=report.open_until, is_mailed=is_mailed)


def _awaited(
    purpose: CodeFor, view: ChallengeView, typed: Mapping[str, str], right: Right | None = None
) -> AwaitedCode:
    return AwaitedCode(
        purpose=purpose,
        challenge_id=view.challenge_id,
        ends_at=view.expires_at,
        is_text=view.channel is CodeChannel.SMS,
        right=right,
        typed=typed,
    )


def _contact(typed: str, reader: Reader) -> dict[str, object]:
    """The contact as the API takes it; a number without a country code is one of our country."""
    if "@" in typed:
        return {"email": typed, "locale": reader.language}
    return {"phone": typed, "region": CONTROLLER.country, "locale": reader.language}


def _read(kind: type[_Body], asked: Mapping[str, object]) -> _Body:
    return kind.parse(json.dumps(asked, ensure_ascii=False).encode(), kind.media_type)


def _key(asked: Mapping[str, object], address: ClientAddress) -> IdempotencyKey:
    """A key that is the same for the same form from the same network within a minute.

    So a form that is sent twice sends one code; a new code is asked for after another, which the form names.
    The key is made under a key of the vault: it gives a stranger no way to the code of another person.
    """
    minute = str(int(clock.now().timestamp() // MINUTE.total_seconds()))
    digest = keyring.mac_keys(Secret.CODES).digest("form", address.block, minute, json.dumps(asked))
    return IdempotencyKey(uuid.UUID(bytes=digest[:16], version=4))
