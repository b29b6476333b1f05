"""Generates the record of processing (Art. 30(1) GDPR) from the declarations (`make generate`).

Its rows and its document for programs are in chalicelib/privacy/processing, since a deployed stage returns
them.
"""
