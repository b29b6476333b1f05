"""Parts of forms: fields with their hints and mistakes, the list of mistakes on top, buttons.

A mistake stands beside its field, and in a list on top that links to the field (WCAG 2.2, 3.3.1). What was
typed stays in the field.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chalicelib.core.markup import Html, tag
from chalicelib.site.layout import Reader


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a field, in the language of the reader; `field` is empty for the whole form."""

    text: str
    field: str = ""


Mistakes = tuple[Mistake, ...]


def summary(reader: Reader, mistakes: Mistakes) -> Html:
    """Build the list of mistakes; nothing if there is none."""
    if not mistakes:
        return Html()
    lines = (tag("a", one.text, href=f"#{one.field}") if one.field else one.text for one in mistakes)
    heading = tag("h2", reader.say("This did not work"))
    return tag(
        "div", heading, tag("ul", *(tag("li", line) for line in lines)),
        class_="card warn", role="alert", id="mistakes", tabindex="-1", autofocus="autofocus",
    )  # fmt: skip


def news(reader: Reader, mistakes: Mistakes) -> str:
    """Return what the name of the document says first; nothing without a mistake."""
    return f"{reader.say('This did not work')}: " if mistakes else ""


def text_field(
    name: str,
    label: str,
    *,
    hint: str = "",
    value: str = "",
    mistakes: Mistakes = (),
    **attributes: str,
) -> Html:
    """Build a field for a line of text."""
    described, before = _around(name, label, hint, mistakes)
    control = tag("input", id=name, name=name, value=value, **{"type": "text", **described, **attributes})
    return tag("div", *before, control, class_=_class(name, mistakes))


def long_field(name: str, label: str, *, hint: str = "", value: str = "", mistakes: Mistakes = ()) -> Html:
    """Build a field for a text of several lines. A line end before the text keeps one that it begins with."""
    described, before = _around(name, label, hint, mistakes)
    control = tag("textarea", "\n", value, id=name, name=name, rows="6", maxlength="2000", **described)
    return tag("div", *before, control, class_=_class(name, mistakes))


def choice_field(
    name: str, label: str, choices: Mapping[str, str], *, value: str = "", mistakes: Mistakes = ()
) -> Html:
    """Build a field in which one of several values is chosen."""
    described, before = _around(name, label, "", mistakes)
    options = (
        tag("option", text, value=key, **({"selected": "selected"} if key == value else {}))
        for key, text in choices.items()
    )
    control = tag("select", *options, id=name, name=name, **described)
    return tag("div", *before, control, class_=_class(name, mistakes))


def button(text: str, *, do: str = "", kind: str = "") -> Html:
    """Build a button that sends its form; `do` names the step."""
    named = {"name": "do", "value": do} if do else {}
    return tag("button", text, type="submit", class_=kind, **named)


def actions(*parts: Html) -> Html:
    """Build a row of buttons and links."""
    return tag("div", *parts, class_="actions")


def form(action: str, *parts: Html, token: str = "") -> Html:
    """Build a form; `token`: of the open form that it belongs to."""
    hidden = tag("input", type="hidden", name="token", value=token) if token else Html()
    return tag("form", hidden, *parts, method="post", action=action, novalidate="novalidate")


def _around(
    name: str, label: str, hint: str, mistakes: Iterable[Mistake]
) -> tuple[dict[str, str], list[Html]]:
    """The attributes that tie a control to its hint and mistakes, and what stands before it."""
    own = [one.text for one in mistakes if one.field == name]
    before, ids = [tag("label", label, for_=name)], []
    if hint:
        before.append(tag("p", hint, class_="hint", id=f"{name}-hint"))
        ids.append(f"{name}-hint")
    if own:
        before.append(tag("p", tag("strong", " ".join(own)), id=f"{name}-mistake"))
        ids.append(f"{name}-mistake")
    described = {"aria_describedby": " ".join(ids)} if ids else {}
    return described | ({"aria_invalid": "true"} if own else {}), before


def _class(name: str, mistakes: Mistakes) -> str:
    return "field mistake" if any(one.field == name for one in mistakes) else "field"
