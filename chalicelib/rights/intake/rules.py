"""The rule of each right that is offered, by name; a test compares it with `procedures.OFFERED`."""

from collections.abc import Mapping

from chalicelib.rights.intake import copies, erasure
from chalicelib.rights.intake.submission import IntakeRule
from chalicelib.rights.model import Right

RULES: Mapping[Right, IntakeRule] = {
    Right.ACCESS: copies.ACCESS,
    Right.PORTABILITY: copies.PORTABILITY,
    Right.ERASURE: erasure.ERASURE,
}
