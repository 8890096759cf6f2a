"""Tell people whether readers find what the topic says."""

from collections.abc import Callable

from search_indexer.usecases.verify_index import VerifyIndex

NAMED = 10


async def tell_differences(verify: VerifyIndex, *, say: Callable[[str], None]) -> bool:
    """Compare and say so in a table, with the first ids of each kind; gives whether all is as it should be.

    Raises
    ------
    ServiceUnavailableError, IndexMissingError
        As `VerifyIndex.execute`.
    """
    verified = await verify.execute()
    say(f"{'documents in the topic':<30}{verified.documents:>10,}")
    say(f"{'documents in the index':<30}{verified.indexed:>10,}")
    kinds = {
        "missing in the index": verified.found.missing,
        "stale in the index": verified.found.stale,
        "in the index though gone": verified.found.extra,
    }
    for kind, ids in kinds.items():
        named = ", ".join(sorted(ids)[:NAMED])
        say(f"{kind:<30}{len(ids):>10,}{f'  {named}' if named else ''}{', …' if len(ids) > NAMED else ''}")
    return not verified.found
