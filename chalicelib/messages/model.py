"""Email addresses: validation and normalisation."""

from chalicelib.core.contract_words import ErrorCode
from chalicelib.core.errors import InvalidRequest, fault

# RFC 5321 §4.5.3.1.3: a path of 256 bytes, less its two brackets.
LONGEST_ADDRESS = 254


class InvalidEmail(InvalidRequest):
    """The text is not an address to which mail can be sent."""

    title = "This is not an email address"

    def __init__(self) -> None:
        message = "Not an email address to which mail can be sent"
        super().__init__(errors=[fault("/email", ErrorCode.INVALID_EMAIL, message)])


def mailbox(text: str) -> str:
    """Normalise an address to the form that SES accepts; equal mailboxes give equal results.

    SES accepts only ASCII before the @, and international domains in their ASCII form. No provider
    distinguishes upper and lower case, so lower case keeps two accounts from claiming one mailbox.

    Raises:
        InvalidEmail: malformed, or its domain is reserved. Whether it exists is not checked.
    """
    import email_validator  # imported on use: its tables of scripts are large

    try:
        found = email_validator.validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except email_validator.EmailNotValidError:
        raise InvalidEmail from None
    if found.ascii_email is None:
        raise InvalidEmail
    return found.ascii_email.lower()
