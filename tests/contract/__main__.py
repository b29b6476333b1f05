"""`make contract-stream`: the contract tests on a throw-away app at Stream, which two variables name.

Without them it prints `not run`. With an app that is in use it ends with status 1, and changes nothing.
"""

from __future__ import annotations

import os
import sys

import pytest
import typer
from stream_chat import StreamChat
from stream_chat.base.exceptions import StreamAPIException

from tests.contract.throw_away import ADDRESS, KEY, SECRET, STREAM, AppRefused, admit, is_named


def main(*paths: str) -> int:
    """Run the tests on the app, by default all; return the exit status."""
    if not is_named():
        typer.echo(f"not run: set {KEY} and {SECRET} to those of a throw-away app at Stream")
        return 0
    url = os.environ.get(ADDRESS, STREAM)
    app = StreamChat(os.environ[KEY], os.environ[SECRET], base_url=url)
    with app.session:
        try:
            admit(app)
        except (AppRefused, StreamAPIException) as refused:
            typer.echo(f"not run: {refused}")
            return 1
    return int(
        pytest.main(["-p", "no:cacheprovider", "-n0", "-q", "-m", "", *(paths or ("tests/contract",))])
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
