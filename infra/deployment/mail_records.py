"""The DNS records of the domain of mail: three of DKIM, by which SES verifies it, and one of DMARC."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment.account import AwsAccount

# SES signs all mail from this domain, so receivers may distrust unsigned mail.
# The envelope has SES's domain, so only the signature can match the sender.
_DMARC = '"v=DMARC1; p=quarantine"'
_ZONE = "dkim.amazonses.com"  # of most regions, if SES names none


@dataclass(frozen=True)
class DnsRecord:
    """A record of DNS, in the form of a zone file."""

    name: str
    kind: str
    value: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.name} {self.kind} {self.value}"


class RecordsNotShown(Exception):
    """SES does not show the records of the domain; the text is the name of the error."""


def records_of(account: AwsAccount, domain: str) -> list[DnsRecord]:
    """Return the records of a domain; none if SES does not sign for it, as on an emulator.

    Raises:
        RecordsNotShown: SES refuses, or does not answer.
    """
    try:
        found = account.client("sesv2").get_email_identity(EmailIdentity=domain)["DkimAttributes"]
    except (ClientError, BotoCoreError) as failure:
        raise RecordsNotShown(type(failure).__name__) from None
    zone = found.get("SigningHostedZone", _ZONE)
    signing = [
        DnsRecord(f"{token}._domainkey.{domain}", "CNAME", f"{token}.{zone}")
        for token in found.get("Tokens", ())
    ]
    return [*signing, DnsRecord(f"_dmarc.{domain}", "TXT", _DMARC)] if signing else []
