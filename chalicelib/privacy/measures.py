"""The measures that protect all data (Art. 32 GDPR), each with the day of its next test (SEC-3)."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Measure:
    """A measure in words, and the day by which it has to be tested again."""

    words: str
    review_by: date


_YEARLY = date(2027, 11, 24)

MEASURES = (
    Measure(
        "data is encrypted in transit and at rest; personal fields are sealed with our AES-256-GCM keys, "
        "except where the reason is stated",
        _YEARLY,
    ),
    Measure(
        "each function has its own role with least privilege; a role can delete only what it names", _YEARLY
    ),
    Measure("logs, metrics and URLs contain nothing that a person sent", _YEARLY),
    Measure(
        "backups end after a fixed time, those of the subjects' keys first; the certificate of an erasure "
        "states the end of those that are left",
        _YEARLY,
    ),
    Measure("evidence is hash-chained and signed, in storage that cannot be overwritten", _YEARLY),
)
