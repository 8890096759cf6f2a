"""The outbox: refuse events that Kafka would refuse, and vacuum by the number of dead rows."""

from alembic import op

revision = "e58a2c7710f4"
down_revision = "a1f0c2d49b37"
branch_labels = None
depends_on = None

_STORAGE = {
    "autovacuum_vacuum_scale_factor": 0,
    "autovacuum_vacuum_threshold": 5_000,
    "autovacuum_vacuum_insert_threshold": -1,
    "autovacuum_vacuum_cost_delay": 0,
    "autovacuum_analyze_scale_factor": 0,
    "autovacuum_analyze_threshold": 1_000_000,
    "toast.autovacuum_vacuum_scale_factor": 0,
    "toast.autovacuum_vacuum_threshold": 5_000,
    "toast.autovacuum_vacuum_insert_threshold": -1,
    "toast.autovacuum_vacuum_cost_delay": 0,
}


def upgrade() -> None:
    op.execute(
        "ALTER TABLE outbox ADD CONSTRAINT outbox_size_check CHECK (octet_length(aggregateid)"
        " + coalesce(octet_length(payload::text), 0) + coalesce(octet_length(traceparent), 0) <= 900000)"
    )
    op.execute(f"ALTER TABLE outbox SET ({', '.join(f'{name} = {value}' for name, value in _STORAGE.items())})")


def downgrade() -> None:
    op.execute(f"ALTER TABLE outbox RESET ({', '.join(_STORAGE)})")
    op.drop_constraint("outbox_size_check", "outbox")
