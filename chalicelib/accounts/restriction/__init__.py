"""The state of an account whose processing is wholly restricted: the two writes that set and end it."""
