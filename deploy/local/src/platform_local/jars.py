"""Server jars from Maven Central: one small pom per folder, one Maven run for all, kept in the cache.

A folder appears in the cache in one step, when it is complete, and is named by a digest of what it was made
from. So an interrupted download leaves nothing behind, and a changed version never mixes with an old one.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from platform_local.errors import DownloadFailedError, MissingToolError

_COPY_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_POM = "<project><modelVersion>4.0.0</modelVersion>{}</project>"


@dataclass(frozen=True)
class JarSet:
    """The jars of one server.

    Parameters
    ----------
    server, version
        Name and version; both are part of the folder's name.
    folders
        Folder below the server's home -> the ``group:artifact:version`` whose run-time dependencies it holds.
    pins
        ``group:artifact:version`` that override what dependencies ask for.
    files
        Further files of the home -> their text.
    empty_folders
        Further folders of the home.
    """

    server: str
    version: str
    folders: Mapping[str, tuple[str, ...]]
    pins: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    empty_folders: tuple[str, ...] = ()

    def home(self, cache: Path) -> Path:
        """Return the folder in the cache that holds this set once it is complete."""
        digest = hashlib.sha256(repr(self).encode()).hexdigest()[:12]
        return cache / "jars" / f"{self.server}-{self.version}-{digest}"


def missing_jars(sets: Sequence[JarSet], cache: Path) -> list[JarSet]:
    """Return the sets that have to be downloaded."""
    return [each for each in sets if not each.home(cache).exists()]


def download_jars(sets: Sequence[JarSet], cache: Path) -> None:
    """Download the sets side by side in one Maven run, with the machine's own Maven settings.

    Raises
    ------
    MissingToolError
        Where there is no Maven.
    DownloadFailedError
        Where Maven ends with an error. Trying again is safe.
    """
    wanted = missing_jars(sets, cache)
    if not wanted:
        return
    maven = shutil.which("mvn")
    if maven is None:
        raise MissingToolError(
            "Maven (mvn) is not installed; the jars of Kafka, OpenSearch and the S3 server come through it.",
            remedy="Install it (Debian: apt-get install maven) and run the command again.",
        )
    (cache / "jars").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache / "jars", prefix=".download-") as temporary:
        build = Path(temporary)
        _write_poms(build, wanted)
        _run_maven(maven, build, cache)
        for each in wanted:
            _complete(build / "out" / each.server, each, cache)


def _run_maven(maven: str, build: Path, cache: Path) -> None:
    log = cache / "maven.log"
    command = [maven, "--batch-mode", "--no-transfer-progress", "--threads", "4", "--file", str(build / "pom.xml")]
    # The wagon options retry a connection that a registry or proxy dropped.
    options = ["-DincludeScope=runtime", "-Dmaven.wagon.http.retryHandler.count=5"]
    with log.open("w") as output:
        status = subprocess.run([*command, _COPY_GOAL, *options], check=False, stdout=output, stderr=output).returncode
    if status != 0:
        raise DownloadFailedError(
            "Maven could not download the servers' jars.",
            remedy="See whether Maven Central is reachable with this machine's Maven settings, then run it again.",
            log=log,
        )


def _write_poms(build: Path, sets: Sequence[JarSet]) -> None:
    modules = []
    for each in sets:
        for folder, artifacts in each.folders.items():
            module = f"{each.server}-{folder.replace('/', '-')}"
            modules.append(f"<module>{module}</module>")
            target = build / "out" / each.server / folder
            parts = [
                f"<groupId>local</groupId><artifactId>{module}</artifactId><version>1</version>",
                f"<properties><outputDirectory>{escape(str(target))}</outputDirectory></properties>",
                f"<dependencyManagement>{_dependencies(each.pins)}</dependencyManagement>",
                _dependencies(artifacts),
            ]
            (build / module).mkdir()
            (build / module / "pom.xml").write_text(_POM.format("".join(parts)))
    heads = "<groupId>local</groupId><artifactId>servers</artifactId><version>1</version><packaging>pom</packaging>"
    (build / "pom.xml").write_text(_POM.format(f"{heads}<modules>{''.join(modules)}</modules>"))


def _dependencies(artifacts: Sequence[str]) -> str:
    rows = []
    for artifact in artifacts:
        group, name, version = artifact.split(":")
        fields = f"<groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version>"
        rows.append(f"<dependency>{fields}</dependency>")
    return f"<dependencies>{''.join(rows)}</dependencies>"


def _complete(made: Path, jar_set: JarSet, cache: Path) -> None:
    """Take out of the other folders what ``lib`` already holds, add the files, and show the whole set at once."""
    shared = {jar.name for jar in (made / "lib").iterdir()}
    for folder in jar_set.folders:
        if folder == "lib":
            continue
        for jar in (made / folder).iterdir():
            if jar.name in shared:
                jar.unlink()
    for name, text in jar_set.files.items():
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for folder in jar_set.empty_folders:
        (made / folder).mkdir()
    for path in [made, *made.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    target = jar_set.home(cache)
    try:
        made.rename(target)
    except OSError:
        if not target.exists():  # else another download was faster and just as good
            raise
