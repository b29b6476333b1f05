"""The canonical text that chains and checkpoints hash and sign follows RFC 8785.

`values` and `weird` are the vectors of RFC 8785 (3.2.2 and 3.2.3); the others come from the testdata of
github.com/cyberphone/json-canonicalization (Apache License 2.0).
"""

import json
from typing import Any

import pytest

from chalicelib.core.canonical import canonical

VECTORS = {
    "arrays": (
        r'[56, {"d": true, "10": null, "1": [ ]}]',
        '[56,{"1":[],"10":null,"d":true}]',
    ),
    "french": (
        r"""{"peach": "This sorting order", "péché": "is wrong according to French",
        "pêche": "but canonicalization MUST", "sin": "ingnore locale"}""",
        (
            '{"peach":"This sorting order","péché":"is wrong according to French",'
            '"pêche":"but canonicalization MUST","sin":"ingnore locale"}'
        ),
    ),
    "structures": (
        r"""{"1": {"f": {"f": "hi", "F": 5}, "\n": 56.0}, "10": { }, "": "empty", "a": { },
        "111": [ { } ], "A": { }}""",
        r'{"":"empty","1":{"\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{}],"A":{},"a":{}}',
    ),
    "unicode": (
        r'{"Unnormalized Unicode": "\u1e0d\u0307"}',
        '{"Unnormalized Unicode":"\u1e0d\u0307"}',
    ),
    "values": (
        r"""{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}""",
        (
            '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            r""""string":"€$\u000f\nA'B\"\\\\\"/"}"""
        ),
    ),
    "weird": (
        r"""{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis"}""",
        (
            r'{"\r":"Carriage Return","1":"One",'
            '"\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign",'
            '"\U0001f600":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}'
        ),
    ),
}


@pytest.mark.parametrize(("given", "expected"), VECTORS.values(), ids=VECTORS)
def test_published_vector_has_its_published_text(given: str, expected: str) -> None:
    assert canonical(json.loads(given)) == expected


@pytest.mark.parametrize("value", [2**53, -(2**53), float("nan"), float("inf"), "\ud800", {"\ud800": 1}])
def test_value_without_canonical_text_is_refused_and_not_quoted(value: Any) -> None:
    with pytest.raises(TypeError) as refused:
        canonical([value])
    assert str(refused.value) == "a value has no canonical text"
    assert refused.value.__cause__ is None
