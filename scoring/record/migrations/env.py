"""Alembic's environment: the connection comes from whoever runs the migrations, within a transaction of theirs."""

from alembic import context

from scoring.record.tables import Row

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Row.metadata, transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
