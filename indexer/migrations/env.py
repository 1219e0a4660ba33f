"""Where Alembic meets the tables; it is run by `indexer.database.migrate`, on that function's connection."""

from alembic import context

from indexer.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)

with context.begin_transaction():
    context.run_migrations()
