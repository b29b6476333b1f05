"""The workers of requests, each with the steps that the declarations give it.

Each has a function, a queue and a role of its own. The usual worker does the duties of all requests.
"""

from functools import cache

from chalicelib.privacy.leases import Turns
from chalicelib.rights.engine.engine import Worker
from chalicelib.rights.request import declaration
from chalicelib.rights.request.terms import Destination


@cache
def worker_for(queue: Destination) -> Worker:
    """The worker of a queue; this imports the modules of its steps, and no others."""
    steps = {name: step.load() for name, step in declaration.steps().items() if step.worker is queue}
    if queue is Destination.TRANSFERS:
        return Worker(queue, steps)
    if queue is Destination.ERASURES:
        return Worker(queue, steps, turns=Turns("rights"))
    from chalicelib.rights.steps.duties import DUTIES  # the other workers do no duties, and import none

    return Worker(queue, steps, DUTIES, Turns("rights"))
