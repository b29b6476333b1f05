"""Mutants of USE-1: usage data contains only the listed fields, and no address."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="app_version_is_kept_unchecked",
        promise="USE-1",
        place="chalicelib.usage.model:UsageDevice.kind",
        find="if looks[name](text)}",
        replace='if name == "app_version" or looks[name](text)}',
        harm="An app that sends a person's name or number as its version has it stored with each fault.",
    ),
    Mutant(
        name="names_of_events_take_phone_numbers",
        promise="USE-1",
        place="chalicelib.usage.model:_WORDS",
        find="[A-Za-z]+[0-9]{0,3}([._/-]",
        replace="[A-Za-z]+[0-9]*([._/-]",
        harm="The name of an event can hold the phone number of a person, and is stored with it.",
    ),
    Mutant(
        name="address_is_not_shortened",
        promise="USE-1",
        place="chalicelib.core.http.parameters:ClientAddress.__init__",
        find='f"{mapped or address}/{bits}"',
        replace='f"{mapped or address}"',
        harm="A route gets the whole address of a person instead of a block of addresses.",
    ),
)
