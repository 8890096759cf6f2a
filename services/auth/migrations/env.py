"""Runs the migrations of the schema ``auth``."""

from auth.storage.tables import METADATA
from chassis.migrations import run_env

run_env(METADATA)
