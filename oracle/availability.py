"""Shows what is demanded of a model's weights: `docs/availability.md`."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.dispute.matter import Books
from oracle.dispute.outbox import Outbox
from oracle.dispute.showing import WeightsBook
from oracle.dispute.solver import ModelBook
from oracle.models.weights import BYTES, PIECE
from oracle.serving import Loaded
from protocol.clients.availability import AvailabilityClient, Leaf, Tensor
from protocol.computation import Evidence
from protocol.events import WeightsDemanded
from protocol.intents import Call


@dataclass(frozen=True)
class WeightsShelf:
    """A model's weights, leaf by leaf, with the ways up that `ModelAvailability` is shown."""

    model: ModelBook

    @property
    def header(self) -> Evidence:
        """The program's first record."""
        record = self.model.book.header()
        return Evidence(record, *self.model.book.prove(record), b"", ())

    def tensor(self, number: int) -> Tensor:
        weights = self._weights
        return Tensor(number, weights.head(number), weights.root(number), tuple(weights.entry_path(number)))

    def leaf(self, number: int, index: int) -> bytes:
        tensor = self._weights.tensor(number)
        if self._is_matrix(number):
            pieces = -(-int(tensor.shape[1]) // PIECE)
            return self._weights.matrix_leaf(number, *divmod(index, pieces))
        return self._weights.table_leaf(number, index * BYTES // tensor.element_size())

    def show(self, client: AvailabilityClient, demand: WeightsDemanded) -> Call:
        """What answers a demand."""
        if demand.number == 0:
            return client.show_header(demand.model, self.header)
        tensor, index = self.tensor(demand.number), demand.leaf - 1
        if index < 0:
            return client.show_tensor(demand.model, self.header, tensor)
        leaf = Leaf(index, self.leaf(demand.number, index), tuple(self._weights.path(demand.number, index)))
        return client.show_leaf(demand.model, self.header, tensor, leaf)

    @property
    def _weights(self) -> WeightsBook:
        return self.model.weights

    def _is_matrix(self, number: int) -> bool:
        return self.model.book.program.tensors[number - 1] in self.model.book.program.matrices


class Keeper:
    """An operator's side: whatever is demanded of a model that it has loaded is shown, even after its time, for then
    the model is withheld until somebody does."""

    def __init__(self, client: AvailabilityClient, outbox: Outbox, books: Books) -> None:
        self._client, self._outbox, self._books = client, outbox, books

    def attend(self, demand: WeightsDemanded, loaded: Loaded, seen: int) -> bool:
        """Whether something was sent. `seen`: the block up to which the chain was read."""
        call = WeightsShelf(self._books.of(loaded.engine.model)).show(self._client, demand)
        return self._outbox.send(f"show weights until {demand.deadline}", demand.model, call, seen)
