"""What can stop the demo, said so that a person knows the way out."""


class DemoError(Exception):
    """A situation that ends the demo with a message and a non-zero exit code.

    Parameters
    ----------
    what
        One sentence that names the thing that went wrong.
    remedy
        What the reader can do now.
    """

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


class NodeMissingError(DemoError):
    """There is no Node that the demo can use."""


class DownloadError(DemoError):
    """The npm client could not fetch a package. Trying again is safe: what was fetched is kept."""


class PackagingError(DemoError):
    """An npm package cannot become a plugin package."""


class PlatformUnreachableError(DemoError):
    """The gateway does not answer, or not for as long as a restart of the platform may take."""


class UnexpectedAnswerError(DemoError):
    """The gateway answered something that the demo's step cannot go on with."""


class DidNotHappenError(DemoError):
    """Something that the platform promises did not become visible in its time."""


class CheckFailedError(DemoError):
    """What came back is not what was sent: a checksum, a count or an owner does not agree."""
