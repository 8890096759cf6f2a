"""Alembic runs this; `chassis.migrations` says how."""

from catalog.storage.tables import METADATA
from chassis.migrations import run_env

run_env(METADATA)
