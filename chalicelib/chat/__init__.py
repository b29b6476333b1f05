"""Chat: who a user is at Stream, and the short-lived token that opens it.

token    minting, without Stream's SDK and without a call to Stream
gateway  the only import of Stream's SDK, and the only types that may be sent there
sync     a changed profile reaches Stream
"""
