"""Chat: users at Stream, and the short-lived tokens with which they connect.

token        mints chat tokens, without Stream's SDK and without a call to Stream
gateway      is the only importer of Stream's SDK, and defines all that may be sent to Stream
answers      reads Stream's answers about tasks and users
sync         sends changed profiles to Stream
channels     creates and deletes channels, adds and removes members, for `conversations`
messages     finds and deletes a message
credentials  decides what to do when Stream refuses our own credentials

The deletion of a user at Stream; start reading at `deletion`:

deletion         requests the deletion, polls it, checks the result and asks again
deletion_report  what Stream reported, by kind of data

Stream's part of a copy; start reading at `export`:

export       types of the copy, grounds of withholding and reasons of gaps
export_tasks requests the export, polls it, fetches and redacts it
download     reads the file line by line
redaction    turns a line into parts of the copy
fields       the allow-list of Stream's fields
json_fields  reads JSON values by type
"""
