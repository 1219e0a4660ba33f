"""REST itself: what is refused and how, pages, blocks of the past, caches; and that its documents are true."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from indexer.settings import IndexerSettings
from protocol.plan import DOLLAR
from tests.chain import ROOT, World, make_submission
from tests.indexer import acting
from tests.indexer.acting import address
from tests.indexer.indexed import Indexed, indexing

PAGE = (ROOT / "docs" / "indexer.md").read_text()
NOBODY = "0x" + "99" * 20
NO_WORD = "0x" + "99" * 32


@pytest.fixture(scope="module")
def resting(shared_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexed]:
    """An indexer of the protocol as it was deployed, for tests that only ask."""
    with indexing(shared_world, f"sqlite:///{tmp_path_factory.mktemp('rest') / 'indexer.sqlite'}") as indexer:
        indexer.follow()
        yield indexer


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("/accounts/0x12", "address: must be an address: 0x and 40 hexadecimal digits"),
        ("/accounts/operator", "address: must be an address"),
        ("/jobs?client=0x12", "client: must be an address"),
        ("/jobs/0x12", "id: must be 0x and 64 hexadecimal digits"),
        ("/jobs?status=done", "status: "),
        ("/jobs?limit=0", "limit: "),
        ("/jobs?limit=ten", "limit: "),
        ("/jobs?after=abc", "after: "),
        ("/jobs?after=9999999999999999999", "after: "),
        ("/jobs?block=soon", "block: "),
        ("/jobs?block=-1", "block: "),
        ("/proposals/abc", "id: must be a whole number in decimal digits"),
        (f"/proposals/{2**256}", "id: must be a whole number in decimal digits, below 2^256"),
        ("/slots/" + "a" * 33, "name: must be the name of a slot"),
        ("/rewards/splits?epoch=-1", "epoch: "),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would(resting: Indexed, path: str, complaint: str) -> None:
    answer = resting.rest.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    problem = answer.json()
    assert (problem["type"], problem["status"]) == ("/problems/malformed-parameter", 422)
    assert problem["detail"].startswith(complaint)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (f"/jobs/{NO_WORD}", "unknown-job"),
        (f"/operators/{NOBODY}", "unknown-operator"),
        (f"/models/{NO_WORD}", "unknown-model"),
        ("/slots/nothing", "unknown-slot"),
        (f"/sheets/{NO_WORD}", "unknown-sheet"),
        (f"/safety-rules/{NO_WORD}", "unknown-rule-set"),
        ("/proposals/7", "unknown-proposal"),
        ("/jobs?block=999999", "block-not-reached"),
        ("/jobs?block=0", "block-not-kept"),
        ("/nothing", "unknown-route"),
    ],
)
def test_what_is_not_there_is_a_404_that_says_what(resting: Indexed, path: str, kind: str) -> None:
    answer = resting.rest.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["type"] == f"/problems/{kind}"


def test_nothing_can_be_written(resting: Indexed) -> None:
    answer = resting.rest.post("/jobs")
    assert (answer.status_code, answer.json()["type"]) == (405, "/problems/method-not-allowed")


def test_before_the_first_block_there_is_no_answer_yet(indexed: Indexed) -> None:
    assert indexed.get("/health") == {"status": "well"}
    assert indexed.ask("/jobs").json()["type"] == "/problems/nothing-yet"


def test_pages_hold_every_job_once_also_while_more_come(world: World, indexed: Indexed) -> None:
    jobs = [f"0x{world.submit().hex()}" for _ in range(7)]
    indexed.follow()
    seen, after = [], None
    while True:
        given = {} if after is None else {"after": after}
        page = indexed.get("/jobs", limit=3, **given)
        seen += [job["id"] for job in page["data"]]
        world.submit()
        indexed.follow()
        if (after := page["next"]) is None:
            break
    assert seen == jobs[::-1]


def test_a_page_is_no_longer_than_the_server_allows(world: World, database_url: str) -> None:
    with indexing(world, database_url, page_limit=2) as indexed:
        for _ in range(3):
            world.submit()
        indexed.follow()
        page = indexed.get("/jobs", limit=1_000)
        assert (len(page["data"]), page["next"] is None) == (2, False)


def test_filters_find_what_they_say(world: World, indexed: Indexed) -> None:
    world.fund("client2")
    ours, theirs = world.submit("client"), world.submit("client2")
    acting.accept(world, theirs, "operator2")
    indexed.follow()

    def found(**wanted: object) -> list[str]:
        return [job["id"] for job in indexed.data("/jobs", **wanted)]

    ours_shown, theirs_shown = f"0x{ours.hex()}", f"0x{theirs.hex()}"
    assert found(client=address("client").lower()) == [ours_shown]
    assert found(operator=address("operator2")) == [theirs_shown]
    assert found(account=address("operator2")) == [theirs_shown]
    assert found(status="open") == [ours_shown]
    assert found(slot="chat") == [theirs_shown, ours_shown]
    assert found(slot="other") == []
    assert found(model=f"0x{world.sheet().model.hex()}", status="accepted") == [theirs_shown]


def test_the_past_is_told_as_it_was(world: World, indexed: Indexed) -> None:
    job = world.submit(submission=make_submission(max_fee=2 * DOLLAR))
    at_offer = world.chain.block_number()
    acting.serve(world, job)
    indexed.follow()
    then, now = (indexed.get(f"/jobs/0x{job.hex()}", block=block) for block in (at_offer, "latest"))
    assert (then["data"]["status"], now["data"]["status"]) == ("open", "settled")
    assert [event["event"] for event in then["data"]["events"]] == ["JobSubmitted"]
    assert then["block"]["number"] == at_offer
    client = indexed.data(f"/accounts/{address('client')}", block=at_offer)
    assert client["escrow"]["locked"] == str(2 * DOLLAR)
    before = indexed.ask(f"/jobs/0x{job.hex()}", block=at_offer - 1)
    assert before.json()["type"] == "/problems/unknown-job"


def test_an_answer_that_the_caller_has_is_not_sent_again(world: World, indexed: Indexed) -> None:
    indexed.follow()
    tag = indexed.ask("/jobs").headers["etag"]
    assert indexed.rest.get("/jobs", headers={"If-None-Match": tag}).status_code == 304
    world.submit()
    indexed.follow()
    assert indexed.rest.get("/jobs", headers={"If-None-Match": tag}).status_code == 200
    assert "etag" not in indexed.ask("/status").headers


def test_browsers_may_call_only_from_where_the_settings_say(world: World, database_url: str) -> None:
    with indexing(world, database_url, cors_origins="https://one.example, https://two.example") as indexed:
        indexed.follow()
        answers = {
            origin: indexed.rest.get("/stats", headers={"Origin": origin}).headers.get("access-control-allow-origin")
            for origin in ("https://two.example", "https://evil.example")
        }
        assert answers == {"https://two.example": "https://two.example", "https://evil.example": None}


def test_an_account_that_nobody_has_used_is_empty_and_text_from_the_chain_is_harmless(
    world: World, indexed: Indexed
) -> None:
    hostile = replace(acting.PROFILE, uri="\0<script>\udcff")
    world.send("operator", world.contracts.operators.register(hostile))
    indexed.follow()
    assert indexed.data(f"/accounts/{NOBODY}")["withdrawals"] == []
    assert indexed.data(f"/operators/{address('operator')}")["profile"]["uri"] == "\0<script>\ufffd"


def test_the_page_names_every_route_and_no_other(resting: Indexed) -> None:
    routes = set(resting.get("/openapi.json")["paths"]) | {"/metrics"}
    table = PAGE.split("## What it serves")[1].split("##")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `/")]
    assert {route for row in rows for route in re.findall(r"`(/[^`]*)`", row)} == routes


def test_the_page_names_every_setting_its_default_and_its_meaning() -> None:
    table = PAGE.split("## Settings")[1].split("##")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", table, re.MULTILINE)
    fields = {name: field for name, field in IndexerSettings.model_fields.items() if name != "chain"}
    assert [name for name, _, _ in rows] == [name.upper() for name in fields]
    for (name, default, meaning), field in zip(rows, fields.values(), strict=True):
        shown = "none" if field.default in ("", []) else str(field.default)
        assert (default, meaning) == (shown, field.description), name
