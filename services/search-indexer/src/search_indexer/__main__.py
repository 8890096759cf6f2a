"""``python -m search_indexer work | events | migrate | promote``."""

from chassis.cli import run_role
from search_indexer import main

if __name__ == "__main__":
    run_role(
        "search_indexer", {"work": main.work, "events": main.events, "migrate": main.migrate, "promote": main.promote}
    )
