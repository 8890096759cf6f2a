"""Fetching packages by the ordinary npm client into a cache outside the clone; no script of a package is run."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from demo.errors import DownloadError
from demo.node import npm_command

_BATCH = 8
"""Packages for one run of npm: few enough that the progress moves, enough that its start-up does not count."""

_PARALLEL = 4
_ATTEMPTS = 2
_BATCH_TIMEOUT_SECONDS = 300.0


class Spec(NamedTuple):
    """One version of one package, exactly."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class PackageCache:
    """Tarballs of npm packages.

    Parameters
    ----------
    folder
        Where they are kept; made when something is fetched. Several demos may share it: a tarball appears whole.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path_of(self, spec: Spec) -> Path:
        """Say where the tarball of a version is, or would be."""
        return self._folder / f"{str(spec).replace('/', '+')}.tgz"

    def missing(self, specs: Sequence[Spec]) -> list[Spec]:
        """List those that are not there yet."""
        return [spec for spec in specs if not self.path_of(spec).is_file()]

    async def fetch(self, specs: Sequence[Spec], on_fetched: Callable[[int], None]) -> None:
        """Fetch what is missing; npm takes its registry and proxies from its own configuration.

        Parameters
        ----------
        specs
            What must be there afterwards.
        on_fetched
            Called with the number of packages that have just arrived.

        Raises
        ------
        DownloadError
            npm could not fetch one of them. Trying again is safe and goes on with what is missing.
        """
        missing = self.missing(specs)
        if not missing:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        batches = [missing[start : start + _BATCH] for start in range(0, len(missing), _BATCH)]
        turns = asyncio.Semaphore(_PARALLEL)

        async def fetch_batch(batch: list[Spec]) -> None:
            async with turns:
                await self._fetch_batch(batch)
            on_fetched(len(batch))

        try:
            async with asyncio.TaskGroup() as group:
                for batch in batches:
                    group.create_task(fetch_batch(batch))
        except* DownloadError as errors:
            raise errors.exceptions[0] from None

    async def _fetch_batch(self, batch: list[Spec]) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                await self._pack(batch)
            except DownloadError:
                if attempt == _ATTEMPTS:
                    raise
            else:
                return

    async def _pack(self, batch: list[Spec]) -> None:
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".fetching-") as name:
            folder = Path(name)
            packed = await _run_npm_pack(batch, folder)
            for row in packed:
                spec = Spec(row["name"], row["version"])
                # Older clients report `@scope/name-1.0.0.tgz` for the file that they write as `scope-name-1.0.0.tgz`.
                written = folder / str(row["filename"]).removeprefix("@").replace("/", "-")
                shutil.move(written, self.path_of(spec))
        absent = self.missing(batch)
        if absent:
            raise DownloadError(f"npm fetched something else than {absent[0]}.", remedy="Run the demo again.")


async def _run_npm_pack(batch: list[Spec], folder: Path) -> list[dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        *npm_command(), "pack", *map(str, batch), "--json", "--ignore-scripts", "--pack-destination", str(folder),
        cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_BATCH_TIMEOUT_SECONDS):
            said, complaint = await process.communicate()
    except TimeoutError:
        raise DownloadError(
            f"npm did not fetch {batch[0]} and others in {_BATCH_TIMEOUT_SECONDS:.0f} s.",
            remedy="Check the connection and run the demo again: what was fetched is kept.",
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise DownloadError(
            f"npm could not fetch {', '.join(map(str, batch))}: {_reason(complaint)}",
            remedy="Check the connection and npm's configuration (`npm config list`), then run the demo again.",
        )
    rows: list[dict[str, Any]] = json.loads(said)
    return rows


def _reason(complaint: bytes) -> str:
    lines = complaint.decode("utf-8", "replace").splitlines()
    errors = [line.split(" ", 2)[-1].strip() for line in lines if line.startswith(("npm error", "npm ERR!"))]
    return " ".join(errors[:3]) or "it gave no reason"
