"""What is demanded of a model's weights is shown by an operator that serves it, of whichever tensor and leaf."""

from __future__ import annotations

from oracle.availability import WeightsShelf
from oracle.dispute.matter import book_of
from oracle.dispute.outbox import ATTEMPTS
from oracle.models import Model, load_model
from oracle.store import Store
from protocol.availability import leaves_of
from protocol.cast import CAST
from protocol.clients.availability import Tensor
from protocol.intents import Call
from protocol.types import JobStatus, ModelFacts, ModelId, slot_key
from tests.chain import World
from tests.oracle.node.blocks import held_back
from tests.oracle.node.operators import Operators, ask, turn, turn_until, until_status

SLOT = slot_key("chat")


def model_in_slot(world: World) -> ModelId:
    return world.contracts.models.slot_model(SLOT)[0]


def demanded(world: World, shelf: WeightsShelf, number: int, leaf: int) -> bytes:
    """Anything, by a holder: the key of the demand."""
    client, model = world.contracts.availability, model_in_slot(world)
    world.send("holder1", world.contracts.asset.mint(CAST["holder1"].address, client.bond()))
    world.send("holder1", world.contracts.asset.approve(client.address, client.bond()))
    if number == 0:
        call = client.demand_header(model)
    elif leaf == 0:
        call = client.demand_tensor(model, shelf.header, number)
    else:
        call = client.demand_leaf(model, shelf.header, shelf.tensor(number), leaf - 1)
    world.send("holder1", call)
    return client.key_of(number, leaf)


def shelf_of(store: Store, facts: ModelFacts) -> tuple[Model, WeightsShelf]:
    model = load_model(store, facts.manifest)
    return model, WeightsShelf(book_of(model))


def test_an_operator_shows_whatever_is_demanded_of_its_model(
    served_world: World, operators: Operators, tiny_store: Store, tiny_facts: ModelFacts
) -> None:
    world, client = served_world, served_world.contracts.availability
    model, shelf = shelf_of(tiny_store, tiny_facts)
    tensors: list[Tensor] = [shelf.tensor(number + 1) for number in range(len(model.program.tensors))]
    wanted = [(0, 0), (1, 0), (len(tensors), 0)]
    wanted += [(tensor.number, leaves_of(tensor.head)) for tensor in tensors]
    wanted += [(tensor.number, 1) for tensor in tensors if leaves_of(tensor.head) > 1][:3]
    keys = [demanded(world, shelf, *each) for each in wanted]
    node = operators.open(world)
    turn_until(node, lambda: all(client.demand_of(model_in_slot(world), key).shown for key in keys))
    assert client.credit_of(CAST["operator"].address) == len(keys) * client.bond()


def overtake(world: World, call: Call) -> None:
    """Sends it so dear that it comes before all that waits."""
    fee = {"maxFeePerGas": hex(10**12), "maxPriorityFeePerGas": hex(10**11), "gas": hex(1_000_000)}
    sender = CAST["holder2"].address
    world.chain.request("anvil_impersonateAccount", [sender])
    world.chain.request("eth_sendTransaction", [{"from": sender, "to": call.to, "data": "0x" + call.data.hex(), **fee}])


def test_what_was_shown_is_shown_again_whenever_it_is_demanded(
    served_world: World, operators: Operators, tiny_store: Store, tiny_facts: ModelFacts
) -> None:
    """Also where others show it first, so that what the operator sends comes to nothing."""
    world, client, model = served_world, served_world.contracts.availability, model_in_slot(served_world)
    _, shelf = shelf_of(tiny_store, tiny_facts)
    node = operators.ready(world)
    for number in range(2 * ATTEMPTS):
        key = demanded(world, shelf, 0, 0)
        if number % 2:
            turn_until(node, lambda key=key: client.demand_of(model, key).shown)  # type: ignore[misc]
            continue
        with held_back(world):
            turn(node)
            overtake(world, client.show_header(model, shelf.header))
        turn(node)
        assert client.demand_of(model, key).shown
        assert client.credit_of(CAST["holder2"].address) == (number // 2 + 1) * client.bond(), "it was first"


def test_an_operator_gives_a_model_back_that_was_withheld_while_it_was_away(
    served_world: World, operators: Operators, tiny_store: Store, tiny_facts: ModelFacts
) -> None:
    """Though the slot has no sheet by then."""
    world, client, model = served_world, served_world.contracts.availability, model_in_slot(served_world)
    _, shelf = shelf_of(tiny_store, tiny_facts)
    key = demanded(world, shelf, 2, 1)
    world.travel(client.move_seconds() + 1)
    world.send("holder2", client.lapse(model, key))
    assert client.is_withheld(model)
    assert not any(world.contracts.escrow.sheet_of(SLOT))

    node = operators.open(world)
    turn_until(node, lambda: not client.is_withheld(model))
    world.send("holder2", world.contracts.sheets.publish_slot(SLOT))
    job = world.submit(submission=ask(max_tokens=2))
    until_status(node, world, job, JobStatus.POSTED)
