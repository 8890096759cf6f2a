"""The scanning process; its arguments are SECONDS MEMORY_BYTES MANIFEST_FD BUNDLE_FD SOURCE_MAP_FD.

It reads hostile files, so it gives up what it does not need before the first byte: it can open neither files nor
sockets, write no file, and use only so much memory and time. One line of JSON goes out for each check that came to
an end; a check without a line did not. Files come as inherited descriptors, -1 where there is none.
"""

import json
import os
import resource
import signal
import sys
from dataclasses import asdict

from publishing.domain.checks.registry import CHECKS, ScanInput


def main(arguments: list[str]) -> None:
    """Run every check."""
    seconds, memory_bytes, manifest_fd, bundle_fd, source_map_fd = (int(argument) for argument in arguments)
    _confine(seconds=seconds, memory_bytes=memory_bytes)
    files = ScanInput(
        manifest=json.loads(_read(manifest_fd)),
        bundle=_read(bundle_fd),
        source_map=_read(source_map_fd) if source_map_fd >= 0 else None,
    )
    for check in CHECKS:
        findings = [asdict(finding) for finding in check.run(files)]
        line = {"check": check.name, "version": check.version, "findings": findings}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def _confine(*, seconds: int, memory_bytes: int) -> None:
    signal.alarm(seconds)  # ends this process even when the worker that started it is gone
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What is open stays usable; nothing can be opened, which takes files and the network away.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _read(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, size, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
