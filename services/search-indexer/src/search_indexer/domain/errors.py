"""What can go wrong between an event and the index."""

from chassis.errors import ErrorKind, PlatformError


class DocumentInvalidError(PlatformError):
    """An event's data is no plugin document; it can never be indexed."""

    code = "document_invalid"
    kind = ErrorKind.INVALID
    title = "The plugin's document is not of its form"
    default_remedy = "Have catalog emit the plugin's document again."


class DocumentRefusedError(PlatformError):
    """The index refused documents for what they contain; a retry of the same ones cannot help."""

    code = "document_refused"
    kind = ErrorKind.INVALID
    title = "The search index refused documents"
    default_remedy = "Compare the index's mapping with contracts.search_index."


class IndexMissingError(PlatformError):
    """The index does not exist; its `migrate` role creates it, after which a retry succeeds."""

    code = "index_missing"
    kind = ErrorKind.UNAVAILABLE
    title = "The search index does not exist"
    default_remedy = "Run `python -m search_indexer migrate`."
