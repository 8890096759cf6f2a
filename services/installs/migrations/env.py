"""Alembic's entry."""

from chassis.migrations import run_env
from installs.storage.tables import METADATA

run_env(METADATA)
