"""Rights: what a subject may ask for, answered in time and on record (Art. 12 to 22 GDPR).

clock    when an answer is due: extension, pause, reminders; pure
export   the package that answers a request for a copy
"""
