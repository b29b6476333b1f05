"""The package that answers a request for access or portability.

words    titles and labels of kinds and fields, for people
model    what the readable page shows of each kind of record
page     index.html, streamed
"""
