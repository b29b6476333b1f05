"""The table of objections to bars."""

from chalicelib.core.ids import NumberObjectionId
from chalicelib.safety import store
from chalicelib.safety.numbers.model import NumberObjection

OBJECTIONS = store.cases(NumberObjection, "number_objections", NumberObjectionId, lambda one: one.listing)
