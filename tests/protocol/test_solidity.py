"""Python's declarations and the compiled contracts say the same, and values survive the way there and back."""

import importlib
import pkgutil
from contextlib import suppress
from typing import Any

import pytest
from eth_utils.abi import abi_to_signature
from hypothesis import given
from hypothesis import strategies as st

from protocol import clients
from protocol.abi import load_abi
from protocol.cast import CAST
from protocol.solidity import Function, NotDecodable, NotEncodable, to_address
from protocol.types import Award, Profile, Submission
from protocol.wiring import CONSTRUCTORS

CONTRACT_OF = {
    "access_manager": ["AccessManager"],
    "availability": ["ModelAvailability"],
    "disputes": ["InferenceDispute"],
    "escrow": ["JobEscrow"],
    "governor": ["CommonholdGovernor"],
    "models": ["ModelRegistry"],
    "operators": ["OperatorRegistry"],
    "pool": ["RewardPool"],
    "referee": ["StepReferee", "AnswerReferee", "RefusalReferee"],
    "rules": ["SafetyRules"],
    "sheets": ["SheetBook"],
    "staked_hold": ["StakedHold"],
    "timelock": ["CommonholdTimelock"],
    "token": ["HoldToken", "TestDollar"],
}
"""The contracts that a module under `protocol/clients/` speaks to."""

UINT256 = st.integers(0, 2**256 - 1)
ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda twenty: to_address("0x" + twenty.hex()))
WORDS = st.binary(min_size=32, max_size=32)
TEXT = st.binary(max_size=100).map(lambda raw: raw.decode("utf-8", "surrogateescape"))


def functions_of(module: str) -> list[Function]:
    found = vars(importlib.import_module(f"protocol.clients.{module}")).values()
    return [each for each in found if isinstance(each, Function)]


def declared(names: list[str]) -> dict[str, dict[str, Any]]:
    """Functions of the contracts by signature."""
    entries = [entry for name in names for entry in load_abi(name)]
    return {abi_to_signature(entry): entry for entry in entries if entry["type"] == "function"}  # type: ignore[arg-type]


def test_every_client_is_compared() -> None:
    modules = {module.name for module in pkgutil.iter_modules(clients.__path__)}
    assert modules - {"client", "contracts"} == set(CONTRACT_OF)


@pytest.mark.parametrize("module", CONTRACT_OF)
def test_every_verb_and_view_is_one_of_the_contracts(module: str) -> None:
    known = declared(CONTRACT_OF[module])
    functions = functions_of(module)
    assert functions
    for function in functions:
        assert function.signature in known, f"{module} declares {function.signature}"
        is_view = known[function.signature]["stateMutability"] in ("view", "pure")
        returned = [_canonical(output) for output in known[function.signature]["outputs"]]
        if is_view or function.returned.parameters:
            assert [parameter.type.abi for parameter in function.returned.parameters] == returned, function.signature


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_constructors_take_what_the_contracts_take(name: str) -> None:
    inputs = next((entry["inputs"] for entry in load_abi(name) if entry["type"] == "constructor"), [])
    assert [p.type.abi for p in CONSTRUCTORS[name].parameters] == [_canonical(each) for each in inputs]


def _canonical(parameter: dict[str, Any]) -> str:
    if not parameter["type"].startswith("tuple"):
        return str(parameter["type"])
    inner = ",".join(_canonical(component) for component in parameter["components"])
    return f"({inner}){parameter['type'].removeprefix('tuple')}"


ECHO = Function(
    "function echo(Submission submission, Award[] awards, Profile profile, bytes32 word, bool flag, string text) "
    "returns (Submission submission, Award[] awards, Profile profile, bytes32 word, bool flag, string text)"
)
SUBMISSIONS = st.builds(
    Submission, UINT256, UINT256, UINT256, UINT256, UINT256, ADDRESSES, UINT256, st.binary(max_size=200)
)
PROFILES = st.builds(
    Profile, TEXT, WORDS, st.lists(WORDS, max_size=3).map(tuple), st.lists(UINT256, max_size=3).map(tuple)
)


AWARDS = st.lists(st.builds(Award, ADDRESSES, UINT256), max_size=3).map(tuple)


@given(st.tuples(SUBMISSIONS, AWARDS, PROFILES, WORDS, st.booleans(), TEXT))
def test_values_survive_the_way_there_and_back(values: tuple[Any, ...]) -> None:
    assert ECHO.answer(ECHO.calldata(*values)[4:]) == values


@given(st.binary(max_size=95))
def test_an_answer_that_is_too_short_is_refused(data: bytes) -> None:
    with pytest.raises(NotDecodable, match=f"echo's answer: {len(data)} bytes are not what it declares"):
        ECHO.answer(data)


@given(st.lists(st.sampled_from([0, 1, 32, 192, 2**64, 2**255, 2**256 - 1]), min_size=6, max_size=40))
def test_offsets_that_lead_anywhere_are_read_or_refused_and_never_crash(words: list[int]) -> None:
    data = b"".join(word.to_bytes(32, "big") for word in words)
    with suppress(NotDecodable):
        assert len(ECHO.answer(data)) == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((CAST["client"].address, -1), "deposit: amount: -1 is not between 0 and 2^256 - 1"),
        ((CAST["client"].address, 2**256), "deposit: amount: .* is not between 0 and 2^256 - 1"),
        (("0x12", 1), "deposit: account: '0x12' is not an address"),
        ((None, 1), "deposit: account: None is not an address"),
        ((CAST["client"].address, "1"), "deposit: amount: "),
        ((CAST["client"].address,), "deposit: 1 values for 2 parameters"),
    ],
)
def test_what_a_contract_cannot_take_is_named(arguments: tuple[Any, ...], message: str) -> None:
    function = Function("function deposit(address account, uint256 amount)")
    with pytest.raises(NotEncodable, match=message.replace("^", r"\^")):
        function.calldata(*arguments)


def test_a_word_of_another_length_is_named() -> None:
    with pytest.raises(NotEncodable, match="settle: id: has 31 bytes, not 32"):
        Function("function settle(bytes32 id)").calldata(bytes(31))
