"""What a job costs and when it may move: the formulas of `docs/lifecycle.md`.

Amounts are units of the asset, times are seconds. Every division's rounding is in the docstring.
"""

from __future__ import annotations

from protocol.types import BASIS_POINTS, Answer, Offer, Terms, Work


def price_at(offer: Offer, timestamp: int) -> int:
    """Price of accepting at `timestamp`: from `min_fee` to `max_fee` in a straight line, rounded down."""
    elapsed = min(timestamp - offer.submitted_at, offer.offer_seconds)
    if elapsed <= offer.exclusive_seconds:
        return offer.min_fee
    rising = offer.offer_seconds - offer.exclusive_seconds
    return offer.min_fee + (offer.max_fee - offer.min_fee) * (elapsed - offer.exclusive_seconds) // rising


def bond_of(offer: Offer) -> int:
    """What accepting locks of the operator's balance; rounded up."""
    return bond_for(offer.terms, offer.max_fee)


def bond_for(terms: Terms, max_fee: int) -> int:
    """Rounded up, at least `min_bond`."""
    return max(terms.min_bond, _part_up(max_fee, terms.bond_bps))


def fine_for(work: Work, offer: Offer, *, opens_again: bool) -> int:
    """What an operator pays its client for a deadline missed (outages aside): a part of `max_fee`, rounded up, and what
    the price rose meanwhile if the job opens again; at most the bond."""
    fine = _part_up(work.max_fee, work.terms.fine_bps)
    if opens_again:
        fine += price_at(offer, work.post_by) - work.price
    return min(fine, bond_of_work(work))


def refusal_price(terms: Terms, price: int) -> int:
    """What refusing an input earns of the price; rounded down."""
    return price * terms.refusal_bps // BASIS_POINTS


def parts_of(terms: Terms, price: int) -> tuple[int, int]:
    """Operator's part and shared part, which sum to the price; the shared part is rounded down."""
    shared = price * terms.out_bps // BASIS_POINTS
    return price - shared, shared


def accept_until(offer: Offer) -> int:
    """Last second in which an open job may be accepted; after it anyone may expire it."""
    return offer.submitted_at + offer.offer_seconds


def settle_from(answer: Answer) -> int:
    """First second in which anyone may settle."""
    return max(answer.posted_at + answer.terms.challenge_seconds, answer.held_until)


def bond_of_work(work: Work) -> int:
    """What an accepted job holds of its operator's balance."""
    return bond_for(work.terms, work.max_fee)


def _part_up(amount: int, bps: int) -> int:
    return -(-amount * bps // BASIS_POINTS)
