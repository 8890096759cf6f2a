"""``python -m catalog serve | work | relay | events | migrate | openapi | republish-documents``."""

from catalog.main import ROLES
from chassis.cli import run_role

if __name__ == "__main__":
    run_role("catalog", ROLES)
