"""The request: what was requested, its state, its evidence, and the rules that every right shares."""
