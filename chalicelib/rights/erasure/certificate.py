"""The certificate of a request, for its subject or the holder of the receipt (RGT-3)."""

from typing import Literal, Self

from pydantic import Field

from chalicelib.core.errors import NotFound
from chalicelib.core.http import View
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.languages import Language
from chalicelib.core.settings import settings
from chalicelib.rights import service
from chalicelib.rights.erasure import store
from chalicelib.rights.erasure.certificates.envelope import Envelope
from chalicelib.rights.request.model import RightsRequest
from chalicelib.rights.request.states import NotReady
from chalicelib.rights.request.terms import Right


class CertificateFile(View):
    """The signed certificate. The body as it is sent is the file to keep.

    It is canonical JSON, so the fields are in alphabetical order.
    """

    algorithm: Literal["ECDSA_SHA_256"]
    certificate: str = Field(description="The signed bytes, as base64url with padding")
    kid: str = Field(description="The key that signed, see `/v1/certificate-keys`")
    signature: str = Field(description="The signature in DER, as base64url with padding")

    @classmethod
    def of(cls, envelope: Envelope) -> Self:
        """Build the view."""
        return cls.model_validate_json(envelope.document())


def own(account_id: AccountId, request_id: RightsRequestId) -> Envelope:
    """Read the certificate of a subject's own request.

    Raises:
        NotFound: no such request, it belongs to another subject, or it will never have a certificate.
        NotReady: the erasure is not done.
    """
    return _certificate(service.own(account_id, request_id))


def by_receipt(request_id: RightsRequestId, receipt: str) -> Envelope:
    """Read the certificate of the request that a receipt belongs to, after its account was erased.

    Raises:
        NotFound: no such request, the receipt belongs to another one, or it will never have a certificate.
        NotReady: as for `own`.
    """
    return _certificate(service.by_receipt(request_id, receipt))


def page_by_receipt(request_id: RightsRequestId, receipt: str, language: Language | None) -> str:
    """Return the readable page of a certificate, in a language or in the one kept with the request.

    Raises:
        NotFound, NotReady: as for `by_receipt`.
    """
    from chalicelib.rights.erasure.certificates.page import page

    request = service.by_receipt(request_id, receipt)
    envelope = _certificate(request)
    return page(envelope, settings().contact_email, language or request.language, request.country)


def _certificate(request: RightsRequest) -> Envelope:
    if request.right is not Right.ERASURE:
        raise NotFound
    found = store.certificate_of(request.request_id)
    if found is None:
        raise NotReady if request.is_open else NotFound
    return found
