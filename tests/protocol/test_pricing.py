"""Prices, bonds and parts: Python says what the escrow says, for any offer."""

from dataclasses import fields
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol import pricing
from protocol.cast import CAST
from protocol.types import TERMS_BITS, ZERO_ADDRESS, FactsHash, Offer, Terms, Work
from tests.chain import World

LARGEST_FEE = 2**104 - 1
SECONDS = st.integers(1, 2**24 - 1)
BPS = st.integers(0, 10_000)
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    values = {name: draw(st.integers(0, 2**width - 1)) for name, width in TERMS_BITS.items()}
    return Terms(**{**values, "out_bps": draw(BPS), "refusal_bps": draw(BPS), "fine_bps": draw(BPS)})


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    max_fee = draw(st.integers(1, LARGEST_FEE))
    offer_seconds = draw(SECONDS)
    return Offer(
        request=bytes(32),  # type: ignore[arg-type]
        shares=bytes(32),  # type: ignore[arg-type]
        terms=draw(terms()),
        client=CAST["client"].address,
        named=ZERO_ADDRESS,
        disputes=ZERO_ADDRESS,
        outage_clock=ZERO_ADDRESS,
        min_fee=draw(st.integers(0, max_fee)),
        max_fee=max_fee,
        submitted_at=draw(st.integers(0, 2**40)),
        offer_seconds=offer_seconds,
        exclusive_seconds=draw(st.integers(0, offer_seconds)),
        service_seconds=draw(SECONDS),
    )


@FUZZ
@given(offer=offers(), data=st.data())
def test_the_price_at_any_second_is_the_escrows(world: World, offer: Offer, data: Any) -> None:
    timestamp = offer.submitted_at + data.draw(st.integers(0, offer.offer_seconds))
    assert pricing.price_at(offer, timestamp) == world.contracts.escrow.price_of(offer, timestamp)


@FUZZ
@given(offer=offers())
def test_the_bond_is_the_escrows(world: World, offer: Offer) -> None:
    assert pricing.bond_of(offer) == world.contracts.escrow.bond_of(offer)


@given(offer=offers(), data=st.data())
def test_the_price_rises_from_the_least_fee_to_the_most_and_never_falls(offer: Offer, data: Any) -> None:
    early, late = sorted(data.draw(st.tuples(*[st.integers(0, offer.offer_seconds)] * 2)))
    prices = [pricing.price_at(offer, offer.submitted_at + elapsed) for elapsed in (0, early, late)]
    assert [offer.min_fee, *sorted(prices[1:])] == prices
    assert prices[-1] <= offer.max_fee
    if offer.exclusive_seconds < offer.offer_seconds:
        assert pricing.price_at(offer, pricing.accept_until(offer)) == offer.max_fee


@given(terms=terms(), price=st.integers(0, LARGEST_FEE))
def test_the_parts_of_a_fee_are_all_of_it_and_no_part_is_negative(terms: Terms, price: int) -> None:
    operator, shared = pricing.parts_of(terms, price)
    assert operator + shared == price
    assert min(operator, shared) >= 0
    assert 0 <= pricing.refusal_price(terms, price) <= price


def test_rounding_favours_whoever_is_owed() -> None:
    terms = Terms(**{**{field.name: 0 for field in fields(Terms)}, "out_bps": 1, "fine_bps": 1, "bond_bps": 1})
    assert pricing.parts_of(terms, 9_999) == (9_999, 0)
    assert pricing.bond_for(terms, 1) == 1


@FUZZ
@given(offer=offers(), taken=st.integers(0, 2**24), open_again=st.booleans())
def test_a_fine_is_of_the_terms_and_of_what_the_price_rose_and_within_the_bond(
    offer: Offer, taken: int, open_again: bool
) -> None:
    price = pricing.price_at(offer, offer.submitted_at + taken)
    post_by = offer.submitted_at + taken + offer.service_seconds
    work = Work(
        offer=FactsHash(bytes(32)),
        shares=offer.shares,
        terms=offer.terms,
        client=offer.client,
        operator=CAST["operator"].address,
        disputes=ZERO_ADDRESS,
        outage_clock=ZERO_ADDRESS,
        max_fee=offer.max_fee,
        price=price,
        accepted_at=offer.submitted_at + taken,
        post_by=post_by,
    )
    of_terms = -(-offer.max_fee * offer.terms.fine_bps // 10_000)
    rise = pricing.price_at(offer, post_by) - price if open_again else 0
    fine = pricing.fine_for(work, offer, opens_again=open_again)
    assert fine == min(of_terms + rise, pricing.bond_of(offer))
    assert fine >= min(rise, pricing.bond_of(offer))
