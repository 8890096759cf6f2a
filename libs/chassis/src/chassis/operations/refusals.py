"""Why a command did not do what it was asked: one sentence, and what to do."""

from typing import ClassVar

from chassis.errors import ErrorKind, PlatformError


class OperationRefusedError(PlatformError):
    """The command cannot be carried out as things are."""

    code = "operation_refused"
    kind = ErrorKind.CONFLICT
    title = "The command was not carried out"
    exit_code: ClassVar[int] = 1


class MisuseError(OperationRefusedError):
    """The command line names something that there is not."""

    code = "misuse"
    kind = ErrorKind.MALFORMED
    exit_code = 2
