"""The readable page of a copy: index.html, written in pieces.

document  the page
kinds     one kind of record on the page
rows      a record as the page shows it

privacy/words has the names of kinds and fields, core/page and core/page_style what every page has.
"""
