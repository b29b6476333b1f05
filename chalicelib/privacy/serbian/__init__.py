"""The Serbian words of the declarations, in Latin script, by the English ones (`core/phrases`)."""

from chalicelib.core.phrases import Catalogue
from chalicelib.privacy.serbian import fields, reasons, recipients, titles

PRIVACY: Catalogue = {
    **titles.TITLES,
    **fields.LABELS,
    **titles.KINDS,
    **titles.PURPOSES,
    **reasons.REASONS,
    **reasons.LAWS,
    **recipients.RECIPIENTS,
}
