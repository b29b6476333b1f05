"""The readable page of a copy: index.html, written in pieces.

privacy/words has the names of kinds and fields, core/page what every page has.
"""
