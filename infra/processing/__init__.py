"""Generates the record of processing (Art. 30(1) GDPR) from the declarations (`make generate`).

record       the rows, pure
texts        as Markdown, JSON and CSV
fides        as a fideslang manifest, for other tools
picture      the data map: retention and recipients of each record
fides_check  validates the manifest with the fideslang package, in a separate environment
"""
