"""The freeze of an account for its erasure: its three writes, each for the transaction of the request."""
