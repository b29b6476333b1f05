"""What an email address is."""

from chalicelib.core.errors import InvalidRequest

# RFC 5321 §4.5.3.1.3: a path of 256 octets, its two brackets taken off.
LONGEST_ADDRESS = 254


class InvalidEmail(InvalidRequest):
    """No address that mail could be sent to."""

    code = "invalid_email"
    title = "This is not an email address"

    def __init__(self) -> None:
        message = "Not an email address that mail can be sent to"
        super().__init__(errors=[{"pointer": "/email", "code": self.code, "message": message}])


def mailbox(text: str) -> str:
    """The one spelling of an address: as SES takes it, and the same for everybody who means it.

    SES takes ASCII before the @ and international domains in their ASCII form. Upper and lower case are
    told apart by no provider, so two people can't own one mailbox in two spellings.

    Raises:
        InvalidEmail: malformed, or of a domain that is reserved. Whether it exists is not looked up.
    """
    import email_validator  # only when an address comes in: its tables of scripts are large

    try:
        found = email_validator.validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except email_validator.EmailNotValidError:
        raise InvalidEmail from None
    if found.ascii_email is None:
        raise InvalidEmail
    return found.ascii_email.lower()
