"""The readable page of a copy: index.html, written in pieces.

document  the page
kinds     one kind of record on the page
rows      a record as the page shows it
words     names of kinds and fields, for people
style     the style of the page
"""
