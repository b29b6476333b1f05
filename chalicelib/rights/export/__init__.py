"""The package for a request for access or portability: a subject's data as of an instant.

package      `assemble`, the entry point: from a subject and an instant to an object in S3
reader       reads and opens all data of the subject, in one pass
store        all DynamoDB access of copies
selection    which kinds and fields each kind of copy contains
spool        records on disk, between reading and writing
contents     the contents of the files
manifest     the models of manifest.json and of the head of data.json
schema       the JSON Schema of both
spreadsheet  CSV
archive      the ZIP, uploaded to S3 while it is written
model        the input of the readable page
page/        the readable page itself
"""
