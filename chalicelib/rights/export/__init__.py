"""The package that answers a request for access or portability.

words    titles and labels of kinds and fields, for people
model    what the readable page shows of each kind of record
markup   HTML in which text can't become markup
style    how the page looks
kinds    one kind of record on the page
page     index.html, in pieces
"""
