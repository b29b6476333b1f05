"""The package for a request for access or portability: a subject's data as of an instant."""
