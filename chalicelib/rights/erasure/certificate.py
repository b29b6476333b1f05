"""The certificate of a request, as a signed file and as a page (RGT-3)."""

from typing import Literal, Self

from pydantic import Field

from chalicelib.core.clock import HOUR
from chalicelib.core.errors import NotFound
from chalicelib.core.http import View
from chalicelib.core.languages import Language
from chalicelib.core.settings import settings
from chalicelib.rights.erasure import store
from chalicelib.rights.erasure.model import Envelope
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


def of_request(request: RightsRequest) -> Envelope:
    """Read the certificate of a request.

    Raises:
        NotFound: it will never have a certificate.
        NotReady: the erasure is not done.
    """
    if request.right is not Right.ERASURE:
        raise NotFound
    found = store.certificate_of(request.request_id)
    if found is None:
        raise NotReady(HOUR) if request.is_open else NotFound
    return found


def page_of_request(request: RightsRequest, language: Language | None) -> str:
    """Return the readable page of a certificate, in a language or in the one kept with the request.

    Raises:
        NotFound, NotReady: as for `of_request`.
    """
    from chalicelib.rights.erasure.certificates.page import page

    language = language or request.language
    return page(of_request(request), settings().contact_email, language, request.country)
