"""The package that answers a request for access or portability: one subject's records, as of an instant.

package    assemble: the one entry; from a subject and an instant to an object in S3
reading    everything that is held of the subject, opened, in one pass
selection  which kinds and fields stand in which copy
spool      records on disk, between their reading and the files
contents   what stands in the files
manifest   the shapes of manifest.json and of the head of data.json
schema     the JSON Schema of both
cells      CSV
archive    the ZIP, which goes to S3 while it is written
rows       a record as the page shows it
words      titles and labels of kinds and fields, for people
model      what the readable page shows of each kind of record
markup     HTML in which text can't become markup
style      how the page looks
kinds      one kind of record on the page
page       index.html, in pieces
"""
