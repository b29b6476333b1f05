"""What the steps of plans do, by name; and the duties beside them. Only the worker imports these.

keeping   pin; what is done while an answer is outstanding: pins renewed, reminders, overdue on record
telling   tell
discarding discard
"""
