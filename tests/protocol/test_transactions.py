"""Sending: whatever happens to the node, the chain or the process, a key is sent once and ends where it should."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from eth_account import Account

from protocol.cast import CAST
from protocol.chain import Chain
from protocol.recovery import recover_job
from protocol.reverts import Reverted
from protocol.solidity import Address, to_address
from protocol.transactions import (
    Call,
    FeePolicy,
    InsufficientFunds,
    IntentsOfAnother,
    IntentState,
    IntentsUnwritable,
    KeyReused,
    Sender,
    SenderBusy,
    TransactionPending,
    TransactionReverted,
)
from tests.chain import ROOT, Node, World, start_anvil
from tests.protocol.faults import Amnesiac, Hopeful, Killed, Mortal

ACCOUNT = CAST["client"].account
PAYEE = to_address("0x00000000000000000000000000000000000000ff")
ONE = Call(PAYEE, b"", 1, "pay one wei")
PATIENCE = FeePolicy().patience


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def mining_by_hand(chain: Chain) -> Iterator[None]:
    """Transactions wait until somebody mines."""
    chain.request("evm_setAutomine", [False])
    try:
        yield
    finally:
        chain.request("anvil_dropAllTransactions", [])
        chain.request("evm_setAutomine", [True])


def mine(chain: Chain, blocks: int = 1) -> None:
    chain.request("anvil_mine", [hex(blocks)])


def drop(chain: Chain, hash_: bytes) -> None:
    """The node forgets a transaction that waits."""
    chain.request("anvil_dropTransaction", ["0x" + hash_.hex()])


def waiting(chain: Chain) -> list[dict[str, str]]:
    """The account's transactions in the node's pool, in the order of their nonces."""
    pool = chain.request("txpool_content", [])["pending"]
    mine_ = next((by_nonce for address, by_nonce in pool.items() if address.lower() == ACCOUNT.address.lower()), {})
    return [mine_[nonce] for nonce in sorted(mine_, key=int)]


def hash_of(transaction: dict[str, str]) -> bytes:
    return bytes.fromhex(transaction["hash"][2:])


@pytest.fixture
def chain(anvil: Node) -> Chain:
    return anvil.chain


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sender(chain: Chain, tmp_path: Path, clock: Clock) -> Iterator[Sender]:
    with Sender(chain, ACCOUNT, tmp_path / "intents.sqlite", clock=clock) as sender:
        yield sender


# ---------------------------------------------------------------- one key, one transaction


def test_a_key_is_sent_once_however_often_it_is_asked(chain: Chain, sender: Sender) -> None:
    first = sender.send("rent", ONE)
    assert sender.send("rent", ONE) == first
    assert (chain.balance(PAYEE), chain.nonce(sender.address)) == (1, 1)


def test_a_key_that_names_another_call_is_refused(chain: Chain, sender: Sender) -> None:
    sender.send("rent", ONE)
    with pytest.raises(KeyReused, match="key 'rent' names another call"):
        sender.send("rent", Call(PAYEE, b"", 2))
    assert chain.balance(PAYEE) == 1


def test_what_would_revert_is_not_sent_and_its_key_stays_free(world: World) -> None:
    sender, escrow = world.sender("client"), world.contracts.escrow
    too_much = escrow.account_of(sender.address).free + 1
    with pytest.raises(Reverted, match="withdraw: InsufficientBalance"):
        sender.send("take", escrow.withdraw(sender.address, too_much))
    assert sender.find("take") is None
    assert sender.send("take", escrow.withdraw(sender.address, 1)).succeeded


def test_of_two_who_accept_in_one_block_the_later_learns_why_it_failed(world: World, tmp_path: Path) -> None:
    id_ = world.submit()
    accept = world.contracts.escrow.accept_job(id_, recover_job(world.chain, world.deployment, id_).offer)
    first = world.sender("operator")
    with Hopeful(world.url) as chain, Sender.at(tmp_path, chain, CAST["operator2"].account) as second:
        sent = chain.nonce(second.address)
        with mining_by_hand(world.chain):
            first.intend("accept", accept)
            second.intend("accept", accept)
            mine(world.chain)
            assert first.wait("accept").succeeded
        for _ in range(2):
            with pytest.raises(TransactionReverted, match=r"acceptJob, mined in block .*: WrongFacts: job 0x"):
                second.send("accept", accept)
        assert chain.nonce(second.address) == sent + 1


def test_threads_share_a_sender(chain: Chain, sender: Sender) -> None:
    def pay(number: int) -> None:
        for turn in range(3):
            sender.send(f"{number}/{turn}", ONE)

    threads = [threading.Thread(target=pay, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (chain.balance(PAYEE), chain.nonce(sender.address)) == (12, 12)


# ---------------------------------------------------------------- crashes


@pytest.mark.parametrize("answered", [False, True])
def test_killed_at_any_request_it_goes_on_and_sends_once(anvil: Node, tmp_path: Path, answered: bool) -> None:
    path = tmp_path / "intents.sqlite"
    kills = 0
    while True:
        key = f"payment {kills}"
        with Mortal(anvil.url, kills + 1, answered=answered) as dying:
            try:
                with Sender(dying, ACCOUNT, path) as sender:
                    sender.send(key, ONE)
            except Killed:
                kills += 1
            else:
                break
        with Sender(anvil.chain, ACCOUNT, path) as restarted:
            restarted.reconcile()
            assert restarted.send(key, ONE).succeeded
        assert anvil.chain.balance(PAYEE) == anvil.chain.nonce(Address(ACCOUNT.address)) == kills
    assert kills >= 8, "fewer requests than a transaction takes: nothing was killed in the middle"
    assert anvil.chain.balance(PAYEE) == kills + 1


PAYING = """
import sys
from pathlib import Path
from protocol.cast import CAST
from protocol.chain import Chain
from protocol.solidity import to_address
from protocol.transactions import Call, Sender

url, path, payee, count = sys.argv[1:]
with Chain(url) as chain, Sender(chain, CAST["client"].account, Path(path)) as sender:
    sender.reconcile()
    print("started", flush=True)
    for number in range(int(count)):
        sender.send(f"payment {number}", Call(to_address(payee), b"", 1))
        print(number, flush=True)
"""


def test_processes_killed_outright_pay_everything_once(anvil: Node, tmp_path: Path) -> None:
    count = 40
    command = [sys.executable, "-c", PAYING, anvil.url, str(tmp_path / "intents.sqlite"), PAYEE, str(count)]
    for lines in (1, 2, 12, 27, count + 1):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            seen = [process.stdout.readline() for _ in range(lines)]
            process.kill()
        assert seen[0] == "started\n"
    assert seen[-1] == f"{count - 1}\n"
    assert anvil.chain.balance(PAYEE) == anvil.chain.nonce(Address(ACCOUNT.address)) == count


def test_a_full_disk_keeps_it_from_sending(chain: Chain, sender: Sender) -> None:
    sender._intents._db.execute("PRAGMA max_page_count = 1")
    large = Call(PAYEE, bytes(20_000), 1)
    with pytest.raises(IntentsUnwritable, match=r"intents\.sqlite cannot be written: database or disk is full"):
        sender.send("large", large)
    assert (sender.find("large"), chain.nonce(sender.address)) == (None, 0)
    sender._intents._db.execute("PRAGMA max_page_count = 1000000")
    assert sender.send("large", large).succeeded


def test_a_second_process_for_the_account_is_refused(chain: Chain, sender: Sender, tmp_path: Path) -> None:
    with pytest.raises(SenderBusy, match=f"another process sends for {ACCOUNT.address}"):
        Sender(chain, ACCOUNT, tmp_path / "intents.sqlite")


def test_the_record_of_a_chain_that_began_anew_is_refused(chain: Chain, tmp_path: Path) -> None:
    Sender(chain, ACCOUNT, tmp_path / "intents.sqlite").close()
    other = start_anvil(tmp_path, "--timestamp", "1700000000")
    try:
        with pytest.raises(IntentsOfAnother, match=r"belongs to account 0x.* on chain 31337 with genesis 0x"):
            Sender(other.chain, ACCOUNT, tmp_path / "intents.sqlite")
    finally:
        other.stop()


# ---------------------------------------------------------------- what nodes and chains do


def test_a_forgotten_transaction_is_sent_again_and_those_behind_it_follow(chain: Chain, sender: Sender) -> None:
    with mining_by_hand(chain):
        for number in range(3):
            sender.intend(f"payment {number}", ONE)
        drop(chain, hash_of(waiting(chain)[0]))
        mine(chain)
        assert chain.balance(PAYEE) == 0
        with pytest.raises(TransactionPending, match="1 before it are not mined either"):
            sender.wait("payment 1", timeout=0)
        sender.reconcile()
        mine(chain)
        assert {intent.state for intent in sender.reconcile()} == {IntentState.SUCCEEDED}
    assert chain.balance(PAYEE) == 3


def test_a_node_that_says_it_knows_the_transaction_is_believed(anvil: Node, tmp_path: Path) -> None:
    with Amnesiac(anvil.url) as chain, Sender(chain, ACCOUNT, tmp_path / "i.sqlite") as sender, mining_by_hand(chain):
        sender.intend("payment", ONE)
        sender.reconcile()
        sender.reconcile()
        assert len(waiting(chain)) == 1
        mine(chain)
        assert sender.wait("payment").succeeded
        assert chain.balance(PAYEE) == 1


def test_a_stuck_transaction_is_priced_up_by_an_eighth_under_its_nonce(
    chain: Chain, sender: Sender, clock: Clock
) -> None:
    with mining_by_hand(chain):
        sender.intend("payment", ONE)
        (before,) = waiting(chain)
        clock.now += PATIENCE + 1
        sender.reconcile()
        (after,) = waiting(chain)
        assert (after["nonce"], after["hash"] != before["hash"]) == (before["nonce"], True)
        for fee in ("maxFeePerGas", "maxPriorityFeePerGas"):
            assert int(after[fee], 16) * 8 >= int(before[fee], 16) * 9
        sender.reconcile()
        assert waiting(chain) == [after], "priced up again before its time"
        mine(chain)
        assert sender.wait("payment").transaction_hash == hash_of(after)
    assert chain.balance(PAYEE) == 1


def test_the_first_may_be_mined_after_all_although_it_was_priced_up(chain: Chain, sender: Sender, clock: Clock) -> None:
    with mining_by_hand(chain):
        sender.intend("payment", ONE)
        (first,) = waiting(chain)
        raw = sender._intents.signed(sender._intents.unfinished()[0])[0].raw
        clock.now += PATIENCE + 1
        sender.reconcile()
        drop(chain, hash_of(waiting(chain)[0]))
        chain.broadcast(raw)
        mine(chain)
        assert sender.wait("payment").transaction_hash == hash_of(first)
    assert (chain.balance(PAYEE), chain.nonce(sender.address)) == (1, 1)


def test_when_the_base_fee_rises_above_its_offer_it_says_so_and_then_pays_more(
    chain: Chain, sender: Sender, clock: Clock
) -> None:
    with mining_by_hand(chain):
        sender.intend("payment", ONE)
        offered = int(waiting(chain)[0]["maxFeePerGas"], 16)
        chain.request("anvil_setNextBlockBaseFeePerGas", [hex(offered * 4)])
        mine(chain)
        assert chain.balance(PAYEE) == 0
        with pytest.raises(TransactionPending, match=r"not mined after 0 s: it offers .* gwei, the base fee is"):
            sender.wait("payment", timeout=0)
        clock.now += PATIENCE + 1
        sender.reconcile()
        mine(chain)
        assert sender.wait("payment").succeeded


def test_nothing_is_paid_above_the_ceiling(chain: Chain, tmp_path: Path, clock: Clock) -> None:
    ceiling = 2 * chain.block().base_fee
    with Sender(chain, ACCOUNT, tmp_path / "i.sqlite", FeePolicy(ceiling), clock) as sender, mining_by_hand(chain):
        sender.intend("payment", ONE)
        for _ in range(5):
            clock.now += PATIENCE + 1
            sender.reconcile()
        assert [int(transaction["maxFeePerGas"], 16) for transaction in waiting(chain)] == [ceiling]


@pytest.mark.parametrize("depth", [1, 3])
def test_a_payment_that_a_reorganisation_took_away_is_made_again(chain: Chain, sender: Sender, depth: int) -> None:
    mine(chain, 3)
    receipt = sender.send("payment", ONE)
    mine(chain, depth - 1)
    chain.request("anvil_reorg", [depth, []])
    assert (chain.balance(PAYEE), chain.receipt(receipt.transaction_hash)) == (0, None)
    (intent,) = sender.reconcile()
    assert intent.state is IntentState.PENDING
    again = sender.wait("payment")
    assert (chain.balance(PAYEE), again.block_hash != receipt.block_hash) == (1, True)


def test_an_intent_becomes_final_with_its_block_and_is_asked_for_no_more(chain: Chain, sender: Sender) -> None:
    sender.send("payment", ONE)
    sender.reconcile()
    assert not _final(sender)
    mine(chain, 4)
    sender.reconcile()
    assert _final(sender)
    assert sender.reconcile() == []


def _final(sender: Sender) -> bool:
    found = sender.find("payment")
    assert found is not None
    return found.final


def test_a_nonce_lost_to_another_program_is_replaced_once_that_is_final(
    chain: Chain, sender: Sender, tmp_path: Path
) -> None:
    with mining_by_hand(chain):
        sender.intend("payment", ONE)
        drop(chain, hash_of(waiting(chain)[0]))
        with Sender(chain, ACCOUNT, tmp_path / "elsewhere.sqlite") as other:
            other.intend("theirs", Call(PAYEE, b"", 100))
        mine(chain)
        with pytest.raises(TransactionPending, match="another program used its nonce"):
            sender.wait("payment", timeout=0)
        assert waiting(chain) == [], "signed anew while its nonce could come back"
        mine(chain, 4)
        sender.reconcile()
        mine(chain)
        assert sender.wait("payment").succeeded
    assert chain.balance(PAYEE) == 101


# ---------------------------------------------------------------- money and secrets


def test_an_account_without_coin_is_named_and_can_send_once_funded(chain: Chain, tmp_path: Path) -> None:
    poor = Account.create()
    with Sender(chain, poor, tmp_path / "poor.sqlite") as sender:
        for call in (Call(PAYEE, b""), ONE):
            with pytest.raises(InsufficientFunds, match=f"{poor.address} has 0.000000 of chain 31337's coin"):
                sender.send(f"pay {call.value}", call)
        sender.reconcile()
        chain.request("anvil_setBalance", [poor.address, hex(10**18)])
        sender.reconcile()
        assert sender.send("pay 0", Call(PAYEE, b"")).succeeded
        assert sender.send("pay 1", ONE).succeeded
    assert (chain.balance(PAYEE), chain.nonce(sender.address)) == (1, 2)


def test_a_gas_limit_that_another_transaction_made_too_small_is_told(world: World, tmp_path: Path) -> None:
    data = bytes.fromhex("5b600056")  # a loop without end, as a contract's creation
    with (
        Hopeful(world.url) as chain,
        Sender(chain, CAST["holder2"].account, tmp_path / "i.sqlite") as sender,
        pytest.raises(TransactionReverted, match="OutOfGas: it used all of its 566300 gas"),
    ):
        sender.send("loop", Call(None, data))


def test_no_key_appears_in_logs_errors_or_representations(
    chain: Chain, sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    sender.send("payment", ONE)
    with pytest.raises(Reverted) as caught:
        sender.send("creation", Call(None, bytes.fromhex("60006000fd")))
    shown = f"{sender!r} {sender.find('payment')!r} {caught.value!r} {caplog.text}"
    assert CAST["client"].key[2:] not in shown.lower()
    assert sender.address in shown
