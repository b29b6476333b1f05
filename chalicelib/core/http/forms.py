"""The body of a form, as browsers and mail programs send it."""

import email.parser
import email.policy
from collections.abc import Iterator
from typing import ClassVar, Self
from urllib.parse import parse_qsl

from pydantic import ConfigDict, ValidationError

from chalicelib.core.errors import InvalidRequest, PayloadTooLarge, UnsupportedMedia
from chalicelib.core.http.parameters import Body

_MULTIPART = "multipart/form-data"
_MAX_FIELDS = 20


class FormBody(Body):
    """The fields of a form. Unknown ones are ignored: the senders are programs that we do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    media_type: ClassVar[str] = "application/x-www-form-urlencoded"
    also_as: ClassVar[tuple[str, ...]] = (_MULTIPART,)
    max_bytes: ClassVar[int] = 4 * 1024

    @classmethod
    def parse(cls, raw: bytes, content_type: str | None) -> Self:
        """Read a request's body.

        Raises:
            UnsupportedMedia: it is no form.
            PayloadTooLarge: it is larger than `max_bytes`.
            InvalidRequest: it is malformed, or a field is missing or has another value.
        """
        kind = (content_type or "").split(";")[0].strip().lower()
        if kind not in {cls.media_type, *cls.also_as}:
            raise UnsupportedMedia(f"Send {' or '.join((cls.media_type, *cls.also_as))}")
        if len(raw) > cls.max_bytes:
            raise PayloadTooLarge(f"At most {cls.max_bytes} bytes")
        try:
            fields = dict(_parts(raw, str(content_type)) if kind == _MULTIPART else _pairs(raw))
            return cls.model_validate(fields)
        except ValidationError as error:
            raise cls.refusal(error) from None
        except ValueError:
            raise InvalidRequest("The form is malformed") from None


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    return parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS)


def _parts(raw: bytes, content_type: str) -> Iterator[tuple[str, str]]:
    """The fields of a multipart body (RFC 7578); parts without a name are skipped."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("ascii")
    found = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + raw)
    for part in found.iter_parts() if found.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            yield name, content.decode().strip()
