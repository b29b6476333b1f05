"""The record of processing (Art. 30(1) GDPR), made from the declarations: `make generate`.

record    the rows, pure
texts     as Markdown, JSON and CSV
fides     as a fideslang manifest, for other tools
picture   the data map: which record goes to whom, and how long it stays
checking  the manifest against the fideslang package, in an environment of its own
"""
