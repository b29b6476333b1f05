"""Stream's webhook: signed events about users and messages, received and worked on (ADR 39).

An event only names what to look at. Whatever it says, the worker reads the current state and acts on that.

signature  verifies and decompresses a body, within bounds
events     what an event asks for; everything else in it is dropped
intake     receives a hook: signature, freshness, deduplication, queue
queue      the messages, with type and id only
strip      removes fields that a client wrote (STR-2)
softly_deleted  deletes messages that were hidden for good (STR-12)
losses     finds users who were deleted or deactivated at Stream, but not by us (STR-6)
cases      the cases of such users, for operators
worker     works on one message
model      what is stored
"""
