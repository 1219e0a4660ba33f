"""The first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from indexer import columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SMALL, FLAG, BYTES = sa.SmallInteger(), sa.Boolean(), sa.LargeBinary()
AMOUNT, ADDRESS, TEXT = columns.Amount(), columns.AddressBytes(), columns.ChainText()

KEY, NULL = "key", "null"
Given = tuple[Any, ...]

PLAIN = ("blocks", "logs", "progress")
VERSIONED = (
    "accounts",
    "buckets",
    "commitments",
    "demands",
    "emissions",
    "epochs",
    "governed_numbers",
    "jobs",
    "models",
    "operator_models",
    "operator_records",
    "operators",
    "proposal_actions",
    "proposal_operations",
    "proposals",
    "quorum_fractions",
    "rule_sets",
    "share_tables",
    "sheets",
    "sheets_in_force",
    "slots",
    "splits",
    "supplies",
    "tickets",
    "tokens",
    "verdicts",
    "votes",
    "weights_demands",
)


def upgrade() -> None:
    _create_plain()
    _create_versioned()


def downgrade() -> None:
    for name in VERSIONED:
        op.drop_table(f"{name}_history")
        op.drop_table(name)
    for name in PLAIN:
        op.drop_table(name)


def _create_plain() -> None:
    op.create_table(
        "blocks",
        *_columns(
            ("number", NUMBER, KEY),
            ("hash", BYTES),
            ("parent_hash", BYTES, NULL),
            ("timestamp", NUMBER),
        ),
        sa.PrimaryKeyConstraint("number", name="pk_blocks"),
    )
    op.create_table(
        "logs",
        *_columns(
            ("block_number", NUMBER, KEY),
            ("log_index", NUMBER, KEY),
            ("transaction_hash", BYTES),
            ("address", BYTES),
            ("topic0", BYTES, NULL),
            ("topic1", BYTES, NULL),
            ("topic2", BYTES, NULL),
            ("topic3", BYTES, NULL),
            ("data", BYTES),
        ),
        sa.PrimaryKeyConstraint("block_number", "log_index", name="pk_logs"),
    )
    op.create_index("ix_logs_topic1", "logs", ["topic1"])
    op.create_table(
        "progress",
        *_columns(
            ("id", SMALL, KEY),
            ("chain_id", NUMBER),
            ("deployment", BYTES),
            ("start", NUMBER),
            ("applied_number", NUMBER),
            ("applied_hash", BYTES),
            ("applied_timestamp", NUMBER),
            ("kept_number", NUMBER),
            ("kept_hash", BYTES),
            ("head_number", NUMBER),
            ("head_timestamp", NUMBER),
            ("final_number", NUMBER),
            ("history_from", NUMBER),
            ("trouble", sa.Text(), NULL),
            ("heartbeat", sa.Double()),
            ("reorgs", NUMBER),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_progress"),
    )


def _create_versioned() -> None:
    _versioned(
        "accounts",
        ("address", ADDRESS, KEY),
        ("free", AMOUNT),
        ("locked", AMOUNT),
        ("nonce", AMOUNT),
        ("credit", AMOUNT),
        ("hold", AMOUNT),
        ("staked", AMOUNT),
        ("votes", AMOUNT),
        ("delegate", ADDRESS, NULL),
        ("revenue", AMOUNT),
        ("revenue_per_share", AMOUNT),
    )
    _versioned(
        "buckets",
        ("shares", BYTES, KEY),
        ("operator", ADDRESS, KEY),
        ("amount", AMOUNT),
    )
    _versioned(
        "emissions",
        ("epoch", NUMBER, KEY),
        ("account", ADDRESS, KEY),
        ("as_operator", AMOUNT),
        ("as_curator", AMOUNT),
        ("claimed", AMOUNT),
    )
    op.create_index("ix_emissions_account_epoch", "emissions", ["account", "epoch"])
    _versioned(
        "epochs",
        ("number", NUMBER, KEY),
        ("work", AMOUNT),
        ("rate_bps", NUMBER),
        ("reference_price", AMOUNT),
        ("claimed", AMOUNT),
    )
    _versioned(
        "governed_numbers",
        ("contract", sa.String(64), KEY),
        ("name", sa.String(64), KEY),
        ("value", AMOUNT),
        ("set_at", NUMBER),
    )
    _versioned(
        "jobs",
        ("id", BYTES, KEY),
        ("position", NUMBER),
        ("status", SMALL),
        ("client", ADDRESS),
        ("nonce", AMOUNT),
        ("sheet", BYTES),
        ("slot", BYTES),
        ("model", BYTES),
        ("min_fee", AMOUNT),
        ("max_fee", AMOUNT),
        ("offer_seconds", NUMBER),
        ("service_seconds", NUMBER),
        ("exclusive_seconds", NUMBER),
        ("named", ADDRESS, NULL),
        ("sampling", AMOUNT),
        ("submitted_at", NUMBER),
        ("operator", ADDRESS, NULL),
        ("price", AMOUNT, NULL),
        ("bond", AMOUNT, NULL),
        ("accepted_at", NUMBER, NULL),
        ("post_by", NUMBER, NULL),
        ("posted_at", NUMBER, NULL),
        ("outcome", SMALL, NULL),
        ("held_until", NUMBER),
        ("was_disputed", FLAG),
        ("operator_part", AMOUNT, NULL),
        ("shared_part", AMOUNT, NULL),
        ("fine", AMOUNT),
        ("awarded", AMOUNT, NULL),
        ("ended_at", NUMBER, NULL),
        unique="position",
    )
    op.create_index("ix_jobs_client_position", "jobs", ["client", "position"])
    op.create_index("ix_jobs_model_position", "jobs", ["model", "position"])
    op.create_index("ix_jobs_operator_position", "jobs", ["operator", "position"])
    op.create_index("ix_jobs_slot_position", "jobs", ["slot", "position"])
    op.create_index("ix_jobs_status_position", "jobs", ["status", "position"])
    _versioned(
        "models",
        ("id", BYTES, KEY),
        ("position", NUMBER),
        ("manifest", BYTES),
        ("program", BYTES),
        ("weights", BYTES),
        ("tokenizer", BYTES),
        ("arithmetic", sa.Integer()),
        ("curator", ADDRESS),
        ("curator_bps", SMALL),
        ("registered_at", NUMBER),
        ("retired_at", NUMBER, NULL),
        ("lapsed", NUMBER),
        unique="position",
    )
    op.create_index("ix_models_curator_position", "models", ["curator", "position"])
    _versioned(
        "operator_models",
        ("operator", ADDRESS, KEY),
        ("place", SMALL, KEY),
        ("model", BYTES),
        ("price", AMOUNT),
    )
    op.create_index("ix_operator_models_model", "operator_models", ["model"])
    _versioned(
        "operator_records",
        ("operator", ADDRESS, KEY),
        ("accepted", NUMBER),
        ("posted", NUMBER),
        ("refused", NUMBER),
        ("settled", NUMBER),
        ("expired", NUMBER),
        ("convicted", NUMBER),
        ("earned", AMOUNT),
        ("fined", AMOUNT),
    )
    _versioned(
        "operators",
        ("address", ADDRESS, KEY),
        ("position", NUMBER),
        ("uri", TEXT),
        ("device", BYTES),
        ("registered_at", NUMBER),
        ("updated_at", NUMBER),
        ("is_retired", FLAG),
        unique="position",
    )
    _versioned(
        "proposal_actions",
        ("proposal", AMOUNT, KEY),
        ("place", SMALL, KEY),
        ("target", ADDRESS),
        ("value", AMOUNT),
        ("data", BYTES),
    )
    _versioned(
        "proposal_operations",
        ("id", BYTES, KEY),
        ("proposal", AMOUNT),
    )
    _versioned(
        "proposals",
        ("id", AMOUNT, KEY),
        ("position", NUMBER),
        ("proposer", ADDRESS),
        ("description", TEXT),
        ("created_at", NUMBER),
        ("vote_start", NUMBER),
        ("vote_end", NUMBER),
        ("votes_against", AMOUNT),
        ("votes_for", AMOUNT),
        ("votes_abstain", AMOUNT),
        ("eta", NUMBER, NULL),
        ("executed_at", NUMBER, NULL),
        ("canceled_at", NUMBER, NULL),
        unique="position",
    )
    _versioned(
        "quorum_fractions",
        ("timestamp", NUMBER, KEY),
        ("numerator", AMOUNT),
    )
    _versioned(
        "rule_sets",
        ("version", NUMBER, KEY),
        ("id", BYTES),
        ("document", BYTES),
        ("adopted_at", NUMBER),
    )
    op.create_index("ix_rule_sets_id", "rule_sets", ["id"])
    _versioned(
        "share_tables",
        ("id", BYTES, KEY),
        ("curator", ADDRESS),
        ("curator_bps", SMALL),
        ("stakers_bps", SMALL),
        ("treasury_bps", SMALL),
        ("slotted", FLAG),
    )
    _versioned(
        "sheets",
        ("hash", BYTES, KEY),
        ("position", NUMBER),
        ("key", BYTES),
        ("slot", BYTES),
        ("model", BYTES),
        ("rules", BYTES),
        ("shares", BYTES),
        ("disputes", ADDRESS, NULL),
        ("outage_clock", ADDRESS, NULL),
        ("terms", AMOUNT),
        ("generation", AMOUNT),
        ("published_at", NUMBER),
        unique="position",
    )
    op.create_index("ix_sheets_key_position", "sheets", ["key", "position"])
    _versioned(
        "sheets_in_force",
        ("key", BYTES, KEY),
        ("sheet", BYTES),
    )
    _versioned(
        "slots",
        ("name", BYTES, KEY),
        ("position", NUMBER),
        ("model", BYTES),
        ("previous", BYTES, NULL),
        ("assigned_at", NUMBER),
        unique="position",
    )
    _versioned(
        "splits",
        ("position", NUMBER, KEY),
        ("operator", ADDRESS),
        ("curator", ADDRESS),
        ("shares", BYTES),
        ("epoch", NUMBER),
        ("curator_part", AMOUNT),
        ("stakers_part", AMOUNT),
        ("treasury_part", AMOUNT),
        ("slotted", FLAG),
        ("split_at", NUMBER),
    )
    op.create_index("ix_splits_curator_position", "splits", ["curator", "position"])
    op.create_index("ix_splits_operator_position", "splits", ["operator", "position"])
    _versioned(
        "supplies",
        ("token", ADDRESS, KEY),
        ("timestamp", NUMBER, KEY),
        ("supply", AMOUNT),
    )
    _versioned(
        "tickets",
        ("account", ADDRESS, KEY),
        ("ticket", AMOUNT, KEY),
        ("amount", AMOUNT),
        ("unlock_at", NUMBER),
        ("withdrawn_at", NUMBER, NULL),
    )
    _versioned(
        "tokens",
        ("address", ADDRESS, KEY),
        ("supply", AMOUNT),
        ("revenue_per_share", AMOUNT),
    )
    _versioned(
        "commitments",
        ("job", BYTES, KEY),
        ("key", BYTES, KEY),
        ("account", ADDRESS),
        ("position", NUMBER),
        ("bond", AMOUNT),
        ("deadline", NUMBER),
        ("committed_at", NUMBER),
        ("paid_at", NUMBER, NULL),
    )
    _versioned(
        "demands",
        ("job", BYTES, KEY),
        ("key", BYTES, KEY),
        ("position", NUMBER),
        ("challenger", ADDRESS),
        ("bond", AMOUNT),
        ("deadline", NUMBER),
        ("demanded_at", NUMBER),
        ("kind", SMALL),
        ("list", AMOUNT, NULL),
        ("part", AMOUNT, NULL),
        ("place", AMOUNT, NULL),
        ("row", AMOUNT, NULL),
        ("level", AMOUNT, NULL),
        ("node", AMOUNT, NULL),
        ("amount", AMOUNT, NULL),
        ("shown_at", NUMBER, NULL),
        ("paid_at", NUMBER, NULL),
    )
    _versioned(
        "verdicts",
        ("job", BYTES, KEY),
        ("kind", SMALL),
        ("spoken_at", NUMBER),
        ("list", AMOUNT, NULL),
        ("part", AMOUNT, NULL),
        ("row", AMOUNT, NULL),
        ("element", AMOUNT, NULL),
        ("committed", TEXT, NULL),
        ("expected", TEXT, NULL),
        ("fault", SMALL, NULL),
        ("token", AMOUNT, NULL),
        ("rule", AMOUNT, NULL),
        ("text", SMALL, NULL),
        ("key", BYTES, NULL),
    )
    _versioned(
        "weights_demands",
        ("model", BYTES, KEY),
        ("key", BYTES, KEY),
        ("position", NUMBER),
        ("challenger", ADDRESS),
        ("tensor", AMOUNT),
        ("leaf", AMOUNT),
        ("deadline", NUMBER),
        ("demanded_at", NUMBER),
        ("shown_at", NUMBER, NULL),
        ("lapsed_at", NUMBER, NULL),
    )
    _versioned(
        "votes",
        ("position", NUMBER, KEY),
        ("proposal", AMOUNT),
        ("voter", ADDRESS),
        ("support", SMALL),
        ("weight", AMOUNT),
        ("reason", TEXT),
        ("params", BYTES),
        ("cast_at", NUMBER),
    )
    op.create_index("ix_votes_proposal_position", "votes", ["proposal", "position"])
    op.create_index("ix_votes_voter_position", "votes", ["voter", "position"])


def _columns(*given: Given) -> list[sa.Column[Any]]:
    return [
        sa.Column(name, kind, primary_key=KEY in marks, nullable=NULL in marks, autoincrement=False)
        for name, kind, *marks in given
    ]


def _versioned(name: str, *given: Given, unique: str | None = None) -> None:
    """A table of derived rows and its twin of versions that are past."""
    key = [column for column, _, *marks in given if KEY in marks]
    since, until = ("since", NUMBER), ("until", NUMBER)
    uniques = [sa.UniqueConstraint(unique, name=f"uq_{name}_{unique}")] if unique else []
    op.create_table(name, *_columns(*given, since), sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"), *uniques)
    op.create_index(f"ix_{name}_since", name, ["since"])
    past = f"{name}_history"
    columns = _columns(*given, (*since, KEY), until)
    op.create_table(past, *columns, sa.PrimaryKeyConstraint(*key, "since", name=f"pk_{past}"))
    op.create_index(f"ix_{past}_until", past, ["until"])
