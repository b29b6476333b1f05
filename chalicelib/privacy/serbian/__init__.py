"""The Serbian words of the declarations, in Latin script, by the English ones (`core/phrases`).

titles      kinds of record
fields      names of fields
categories  categories and sources of fields, and values of records
reasons     purposes, legal bases, and why fields are left out of a copy
recipients  the recipients of the register, and the authority
periods     how long records are kept, in the configured periods
"""

from chalicelib.core.phrases import Catalogue
from chalicelib.privacy.serbian import categories, fields, reasons, recipients, titles

PRIVACY: Catalogue = {
    **titles.TITLES,
    **fields.LABELS,
    **categories.KINDS,
    **categories.PURPOSES,
    **reasons.REASONS,
    **reasons.LAWS,
    **recipients.RECIPIENTS,
}
