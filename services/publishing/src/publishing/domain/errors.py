"""Refusals of the publishing service; each code is stable."""

from chassis.errors import ErrorKind, PlatformError


class PluginNotFoundError(PlatformError):
    """No plugin has this id."""

    code = "plugin_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "There is no such plugin"
    default_remedy = "Check the id; GET /api/v1/developer/plugins lists yours."


class PluginIdTakenError(PlatformError):
    """The id belongs to a plugin already."""

    code = "plugin_id_taken"
    kind = ErrorKind.CONFLICT
    title = "The plugin id is taken"
    default_remedy = "Choose another id; if the plugin is yours, change it with PATCH."


class NotOwnerError(PlatformError):
    """The plugin is another developer's."""

    code = "not_owner"
    kind = ErrorKind.FORBIDDEN
    title = "The plugin belongs to another developer"
    default_remedy = "Sign in with the account that owns the plugin, or ask its organisation for a higher role."


class NotMemberError(PlatformError):
    """The caller may not act for the organisation."""

    code = "not_member"
    kind = ErrorKind.FORBIDDEN
    title = "You may not act for this organisation"
    default_remedy = "Ask one of its owners for the role of a maintainer."


class TransferNotFoundError(PlatformError):
    """There is no such transfer, or it is another's, accepted, declined, withdrawn or expired."""

    code = "transfer_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "There is no such transfer"
    default_remedy = "GET /api/v1/developer/transfers lists those that wait for you."


class TransferToOwnerError(PlatformError):
    """The plugin is the receiver's already."""

    code = "transfer_to_owner"
    kind = ErrorKind.CONFLICT
    title = "The plugin is the receiver's already"
    default_remedy = "Name another receiver."


class PluginSuspendedError(PlatformError):
    """An administrator took the plugin out of the marketplace."""

    code = "plugin_suspended"
    kind = ErrorKind.CONFLICT
    title = "The plugin is suspended"
    default_remedy = "Clear up the reason of the suspension with an administrator, then send the version again."


class VersionInvalidError(PlatformError):
    """The address names no semantic version."""

    code = "version_invalid"
    kind = ErrorKind.INVALID
    title = "The version is not valid"
    default_remedy = "Use a semantic version without build metadata, such as 1.2.3 or 2.0.0-rc.1."


class VersionNotFoundError(PlatformError):
    """The plugin has no submission of this version."""

    code = "version_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "There is no such version"
    default_remedy = "GET /api/v1/developer/plugins/{id} lists versions and submissions."


class VersionExistsError(PlatformError):
    """The number is held by a submission with other content."""

    code = "version_exists"
    kind = ErrorKind.CONFLICT
    title = "The version exists already"
    default_remedy = "Published versions never change: raise the version in the manifest and send it again."


class VersionPublishedError(PlatformError):
    """What is published, or on its way out, is not withdrawn."""

    code = "version_published"
    kind = ErrorKind.CONFLICT
    title = "The version is published"
    default_remedy = "Publish a higher version that replaces it."


class SubmissionNotFoundError(PlatformError):
    """No submission has this id."""

    code = "submission_not_found"
    kind = ErrorKind.NOT_FOUND
    title = "There is no such submission"
    default_remedy = "Use the address in the Location header of the upload's answer."


class ManifestInvalidError(PlatformError):
    """The manifest breaks its schema; all violations are named."""

    code = "manifest_invalid"
    kind = ErrorKind.INVALID
    title = "The manifest is not valid"
    default_remedy = "Correct every value named in 'errors' (JSON pointers into the manifest) and send it again."


class BundleTooLargeError(PlatformError):
    """The bundle is above the limit; reading stopped there."""

    code = "bundle_too_large"
    kind = ErrorKind.TOO_LARGE
    title = "The bundle is too large"
    default_remedy = "Minify the bundle, or leave parts out of it."


class SourceMapTooLargeError(PlatformError):
    """The source map is above the limit; reading stopped there."""

    code = "source_map_too_large"
    kind = ErrorKind.TOO_LARGE
    title = "The source map is too large"
    default_remedy = "Write the map without 'sourcesContent', or send the bundle without a map."


class ManifestTooLargeError(PlatformError):
    """The manifest is above the limit; reading stopped there."""

    code = "manifest_too_large"
    kind = ErrorKind.TOO_LARGE
    title = "The manifest is too large"
    default_remedy = "Shorten the manifest; long texts belong into the changelog."


class MultipartInvalidError(PlatformError):
    """The body is no multipart form, or ends too early."""

    code = "multipart_invalid"
    kind = ErrorKind.MALFORMED
    title = "The body is not a complete multipart form"
    default_remedy = "Send 'multipart/form-data' with the parts manifest, bundle, and optionally source_map, changelog."


class UnsupportedUploadError(PlatformError):
    """The body's type or encoding is not one that is read."""

    code = "unsupported_media_type"
    kind = ErrorKind.UNSUPPORTED_MEDIA_TYPE
    title = "The body is of a type that is not read here"
    default_remedy = "Send 'multipart/form-data' without Content-Encoding."


class OwnSubmissionError(PlatformError):
    """Nobody decides on their own plugin."""

    code = "own_submission"
    kind = ErrorKind.FORBIDDEN
    title = "The submission is your own"
    default_remedy = "Ask another reviewer."


class SubmissionNotReviewableError(PlatformError):
    """The submission is not, or no longer, waiting for a decision."""

    code = "submission_not_reviewable"
    kind = ErrorKind.CONFLICT
    title = "The submission is not waiting for a decision"
    default_remedy = "Read the submission again; its status says where it stands."


class ChecksIncompleteError(PlatformError):
    """A required check has not come to an end, so nobody can approve yet."""

    code = "checks_incomplete"
    kind = ErrorKind.CONFLICT
    title = "Not every required check has come to an end"
    default_remedy = "Wait: checks that failed to run are run again. Rejecting is possible at any time."


class BundleGoneError(PlatformError):
    """The files of this submission were cleared."""

    code = "bundle_gone"
    kind = ErrorKind.GONE
    title = "The files of this submission are gone"
    default_remedy = "Files of closed submissions are removed; ask the developer to send the version again."


class LeaseLostError(Exception):
    """Another worker, or a withdrawal, took the submission meanwhile; nothing was written."""


class FileMissingError(Exception):
    """A file of a submission is not in quarantine."""


class FileChangedError(Exception):
    """A file in quarantine is not the one that was received."""


class ForeignObjectError(Exception):
    """Other bytes lie under the key of the file that is to be published."""
