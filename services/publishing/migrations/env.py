"""Alembic's entry; everything is in the chassis."""

from chassis.migrations import run_env
from publishing.storage.tables import METADATA

run_env(METADATA)
