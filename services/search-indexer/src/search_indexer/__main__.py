"""``python -m search_indexer work | events | migrate | rebuild | verify | promote``."""

from chassis.cli import run_role
from search_indexer import main

ROLES = {
    "work": main.work,
    "events": main.events,
    "migrate": main.migrate,
    "rebuild": main.rebuild,
    "verify": main.verify,
    "promote": main.promote,
}

if __name__ == "__main__":
    run_role("search_indexer", ROLES)
