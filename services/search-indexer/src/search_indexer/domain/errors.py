"""What can go wrong between an event and the index."""

from chassis.errors import ErrorKind, PlatformError


class DocumentInvalidError(PlatformError):
    """An event's data is no plugin document; it can never be indexed."""

    code = "document_invalid"
    kind = ErrorKind.INVALID
    title = "The plugin's document is not of its form"
    default_remedy = "Have catalog emit the plugin's document again."


class DocumentRefusedError(PlatformError):
    """The index refused documents for what they contain; a retry of the same ones cannot help.

    Parameters
    ----------
    detail
        One sentence.
    plugin_ids
        Whose documents.
    """

    code = "document_refused"
    kind = ErrorKind.INVALID
    title = "The search index refused documents"
    default_remedy = "Compare the index's mapping with contracts.search_index."

    def __init__(self, detail: str, *, plugin_ids: frozenset[str]) -> None:
        super().__init__(detail)
        self.plugin_ids = plugin_ids


class IndexMissingError(PlatformError):
    """The index does not exist, or not any more; after it was created a retry succeeds."""

    code = "index_missing"
    kind = ErrorKind.UNAVAILABLE
    title = "The search index does not exist"
    default_remedy = "Run `python -m search_indexer migrate`."


class IndexNotReadError(PlatformError):
    """Readers have no index, or that of an older release; they get one once it has been filled."""

    code = "index_not_read"
    kind = ErrorKind.UNAVAILABLE
    title = "Readers have no index of this release yet"
    default_remedy = "Wait until the worker has filled it: `python -m search_indexer rebuild` shows how far it is."


class NewerIndexReadError(PlatformError):
    """Readers use the index of a later release, so there is nothing for this one to rebuild."""

    code = "newer_index_read"
    kind = ErrorKind.CONFLICT
    title = "Readers use the index of a later release"
    default_remedy = "Run the later release's `rebuild`; to return to this one, `python -m search_indexer promote`."
