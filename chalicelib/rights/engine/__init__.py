"""The engine: advances requests step by step, and does what their deadlines demand.

engine    acquires the lease of a request, runs a step or the duties, records the outcome
step      what a step gets, and what it may return
duties    the deadline-bound tasks beside the steps, and when each is due; pure
queue     messages to the workers, and the sweep that replaces lost ones
"""
