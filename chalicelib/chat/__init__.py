"""Chat: who a user is at Stream, and the short-lived token that opens it.

token    minting, without Stream's SDK and without a call to Stream
gateway  the only import of Stream's SDK, and the only types that may be sent there
sync     a changed profile reaches Stream
credentials  what happens when Stream refuses our own credentials

export     what a subject gets of Stream's export, in types and words; start reading here
exporting  asking for it, waiting, fetching          download   the file, line by line
redaction  a line becomes parts of the copy          fields     the allow-list      reading  values by form
"""
