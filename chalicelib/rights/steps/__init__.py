"""The code of the steps and of the duties. Only the workers import these modules.

keeping     step pin; duties: renew pins, remind operators, record an overdue answer and owed evidence
copying     steps ask_stream, await_stream
packing     steps assemble, deliver
remaking    restarts the copy from Stream's export if it is too old or gone
handing_on  step transfer
telling     step tell; duty: announce an extension
discarding  step discard
registry    all steps and duties of the usual worker, by name
"""
