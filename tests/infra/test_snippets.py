"""Tests that the snippets of docs are run and checked, and that an error names its line on the page."""

from __future__ import annotations

import pytest

from tests.support import snippets
from tests.support.snippets import SnippetFailed

pytestmark = pytest.mark.node

GIVEN = {"baseUrl": "http://127.0.0.1:9", "aws": "http://127.0.0.1:9", "phone": "+1", "friendPhone": "+2"}

PAGE = """# A page

```js
import { createClient, Problem } from 'ru4m-client';

const api = createClient({ baseUrl, storage });
const session = await api.session();
```

Text, and `code`, and a block in another language:

```swift
let session = 1
```

```js
import { createClient, Problem } from 'ru4m-client';
import {
  StreamChat,
} from 'stream-chat';

const session = 'declared anew';
if (await ask('Go on?')) show(`${session}: ${typeof api.GET}, ${typeof StreamChat}`);
```
"""


def test_snippets_run_in_order_and_build_on_each_other() -> None:
    snippets.check({"page": PAGE})
    assert snippets.run({"page": PAGE}, GIVEN) == "Go on?\ndeclared anew: function, function\n"


@pytest.mark.parametrize(
    "broken",
    [
        "throw new Error('no');",
        "await new Promise((resolve) => setTimeout(resolve, 5)); undefined.name;",
        "this is no JavaScript",
        "await api.GET('/v1/health');",  # refused: nothing listens
        "StreamChat.nonsense();",
    ],
)
def test_snippet_that_fails_is_named_by_its_page_and_line(broken: str) -> None:
    second = f"# Page\n```js\n// a comment\n{broken}\n```\n"
    with pytest.raises(SnippetFailed, match=r"^second:4: "):
        snippets.run({"first": PAGE, "second": second}, GIVEN)


def test_wrong_type_in_a_snippet_is_named_by_its_page_and_line() -> None:
    second = "```js\n(await api.GET('/v1/profile')).data?.phone_number;\n```\n"
    with pytest.raises(SnippetFailed, match=r"^second:2: .*phone_number"):
        snippets.check({"first": PAGE, "second": second})
