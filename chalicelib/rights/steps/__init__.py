"""What the steps of plans do; and the duties beside them. Only the worker imports these.

keeping     pin; what is done while an answer is outstanding: pins renewed, reminders, overdue on record
copying     ask_stream, await_stream      packing     assemble, deliver      handing_on  transfer
telling     tell                          discarding  discard
registry    all of them, by name
"""
