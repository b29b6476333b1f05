"""The compared functions: ours, and the same functions in other frameworks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Contestant:
    """One function in one framework: the module and name of its handler, and its own variables."""

    framework: str
    job: str
    module: str
    name: str
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def is_ours(self) -> bool:
        """Whether it is a function of this project."""
        return self.framework == OURS

    @property
    def calls_aws(self) -> bool:
        """Whether it calls AWS; the authorizer does not, and must not load botocore for a stub either."""
        return self.job != AUTHORIZER


OURS, POWERTOOLS, FASTAPI, CHALICE, BARE = (
    "this project", "Powertools + validation", "FastAPI + Mangum", "plain Chalice", "bare function",
)  # fmt: skip
FRAMEWORKS = (OURS, POWERTOOLS, FASTAPI, CHALICE, BARE)
CHAT, READ, CHANGE, USAGE, AUTHORIZER, ONE_READ = (
    "chat token", "profile: read", "profile: change", "usage: 100 events", "authorizer", "one read",
)  # fmt: skip
JOBS = (CHAT, READ, CHANGE, USAGE)

_GROUPS = {CHAT: "chat", READ: "profiles", CHANGE: "profiles", USAGE: "usage"}
_PEERS = {
    POWERTOOLS: ("powertools", "handler"),
    FASTAPI: ("fastapi_mangum", "handler"),
    CHALICE: ("plain_chalice", "app"),
    BARE: ("bare", "handler"),
}

# The least function of the stack, to which cold starts are compared.
REFERENCE = Contestant("Chalice + boto3 client", ONE_READ, "bench.peers.plain_chalice.reference", "app")
OUR_AUTHORIZER = Contestant(
    OURS,
    AUTHORIZER,
    "chalicelib.accounts.sessions.authorizer",
    "access_token",
    (("RU4M_FUNCTION", "access_token"),),
)


def contestant(framework: str, job: str) -> Contestant:
    """The function of a framework that does a job."""
    group = _GROUPS[job]
    if framework == OURS:
        return Contestant(OURS, job, "app", "app", (("RU4M_FUNCTION", group),))
    package, name = _PEERS[framework]
    return Contestant(framework, job, f"bench.peers.{package}.{group}", name)
