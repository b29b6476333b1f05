"""Settings of our app at Stream: a declared baseline, its check, its application (STR-2, STR-3, ADR 38)."""
