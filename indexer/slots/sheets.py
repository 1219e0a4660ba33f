"""A stored sheet as the type that is hashed."""

from __future__ import annotations

from sqlalchemy import RowMapping

from protocol.rules import RulesId
from protocol.solidity import ZERO_ADDRESS, Address
from protocol.types import ModelId, SharesId, Sheet, SlotKey, Terms


def sheet_from(row: RowMapping) -> Sheet:
    return Sheet(
        slot=SlotKey(bytes(row["slot"])),
        model=ModelId(bytes(row["model"])),
        rules=RulesId(bytes(row["rules"])),
        shares=SharesId(bytes(row["shares"])),
        disputes=Address(row["disputes"] or ZERO_ADDRESS),
        outage_clock=Address(row["outage_clock"] or ZERO_ADDRESS),
        terms=Terms.unpack(row["terms"]),
        generation=row["generation"],
    )
