"""The flows of push tokens: registration, a move between accounts of one device, a proof (ADR 109)."""

from __future__ import annotations

from functools import partial

from chalicelib.core.clock import MINUTE
from chalicelib.core.table import Item
from chalicelib.privacy.purposes import Practice
from tests.faults.flows import DEVICE, OTHER_PHONE, UserFlow
from tests.faults.playing import Flow, Run, forgive_counts
from tests.support.cases.push_tokens import OTHER, TOKEN, claimed, registers, tokens_of
from tests.support.cases.pushes import Providers, fake_providers
from tests.support.world.builders import a_device
from tests.support.world.practices import describe

OTHER_DEVICE = a_device(device_id="5bd33f0a-6a86-4f0a-9d43-1f0c6b8f2c11")


class _TokenFlow(UserFlow):
    """A flow of a user, and of another one whose session has the token."""

    keeps_time = False
    other_device = OTHER_DEVICE

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        describe(Practice.NOTIFYING)
        self.other = run.world.a_user(OTHER_PHONE, self.other_device, display_name="Vera")
        self.providers: Providers = fake_providers()

    def forgive(self, row: Item) -> Item | None:
        """Ignore the hash of a random nonce, and how often the same tokens were written."""
        ignored = {"nonce_hash", "version"} if row.get("kind") in {"push_proof", "push_devices"} else set()
        return forgive_counts({name: value for name, value in row.items() if name not in ignored})

    def assert_has_token(self, token: str = TOKEN) -> None:
        """Assert that the user's session alone has a token."""
        assert tokens_of(self.user) == [token]
        assert tokens_of(self.other) == []
        assert claimed() == [self.user.session["session_id"]]


class RegisteringAToken(_TokenFlow):
    """A new token replaces the former one, and each has had one claim."""

    name = "registering_a_token"

    def play(self, run: Run) -> None:
        for token in (OTHER, TOKEN):
            assert run.app(partial(registers, self.user, token)).status == 200
        self.assert_has_token()


class MovingAToken(_TokenFlow):
    """The token of a phone follows its user from one account to another one."""

    name = "moving_a_token"
    begins_like = "registering_a_token"
    other_device = DEVICE

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        assert registers(self.other).status == 200

    def play(self, run: Run) -> None:
        assert run.app(lambda: registers(self.user)).status == 200
        self.assert_has_token()


class ProvingAToken(_TokenFlow):
    """A nonce that is pushed to the token moves it from a live session of another device."""

    name = "proving_a_token"

    def prepare(self, run: Run) -> None:
        super().prepare(run)
        assert registers(self.other).status == 200

    def play(self, run: Run) -> None:
        assert run.app(lambda: registers(self.user)).status == 202
        run.advance(5 * MINUTE, until=lambda: bool(self.providers.taken))
        nonce = self.providers.taken[-1][1].nonce
        assert run.app(lambda: registers(self.user, nonce=nonce)).status == 200
        self.assert_has_token()


PUSH_TOKENS: tuple[type[Flow], ...] = (RegisteringAToken, MovingAToken, ProvingAToken)
