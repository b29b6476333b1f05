"""Generates the record of processing (Art. 30(1) GDPR) from the declarations (`make generate`).

Its rows and its document for programs are in chalicelib/privacy/processing, since a deployed stage returns
them.

texts        as Markdown, JSON and CSV
fides        as a fideslang manifest, for other tools
picture      the data map: retention and recipients of each record
fides_check  validates the manifest with the fideslang package, in a separate environment
"""
