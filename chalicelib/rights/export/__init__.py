"""The package for a request for access or portability: a subject's data as of an instant.

package    `assemble`, the entry point: from a subject and an instant to an object in S3
reading    reads and opens all data of the subject, in one pass
selection  which kinds and fields each kind of copy contains
spool      records on disk, between reading and writing
contents   the contents of the files
manifest   the models of manifest.json and of the head of data.json
schema     the JSON Schema of both
cells      CSV
archive    the ZIP, uploaded to S3 while it is written
rows       a record as the page shows it
words      names of kinds and fields, for people
model      the input of the readable page
markup     HTML in which text cannot become markup
style      the style of the page
kinds      one kind of record on the page
page       index.html, in pieces
"""
