"""PostgreSQL from the distribution's package, with a cluster of the stack's own."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg

from platform_local.accounts import make_folder, write_private
from platform_local.errors import MissingToolError, StepFailedError
from platform_local.health import Probe
from platform_local.ports import HOST
from platform_local.program import Program, settings_mark
from platform_local.servers.context import ServerContext

OLDEST_MAJOR = 15


def admin_url(context: ServerContext) -> str:
    """Return the superuser's URL at the maintenance database."""
    password = quote(context.secrets.postgres_admin, safe="")
    return f"postgresql://postgres:{password}@{HOST}:{context.ports.postgres}/postgres"


def postgres(context: ServerContext) -> Program:
    """Prepare the cluster (first time: ``initdb``) and return its program.

    Raises
    ------
    MissingToolError
        Where no PostgreSQL of a fitting version is installed.
    StepFailedError
        Where ``initdb`` fails.
    """
    data = context.paths.data("postgres")
    binaries = _binaries(data)
    if not (data / "PG_VERSION").exists():
        _initialise(binaries, data, context)
    settings = _settings(context)
    write_private(data / "platform.conf", settings, context.user)
    return Program(
        name="postgres",
        command=(str(binaries / "postgres"), "-D", str(data)),
        directory=data,
        ready=sign_in_probe(admin_url(context)),
        ports=(context.ports.postgres,),
        environment=settings_mark(settings),
        user=context.user,
        stop_signal="INT",  # fast shutdown: ends sessions, then writes a checkpoint
        stop_seconds=30,
        start_seconds=60,
    )


def _settings(context: ServerContext) -> str:
    rows = {
        "listen_addresses": f"'{HOST}'",
        "port": str(context.ports.postgres),
        "unix_socket_directories": "''",
        "max_connections": "250",
        "shared_buffers": "'96MB'",
        "max_wal_size": "'512MB'",
        "log_min_messages": "warning",
        "log_line_prefix": "'%m [%p] %q%u@%d '",
        "timezone": "'UTC'",
    }
    if not context.durable:
        rows |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return "".join(f"{name} = {value}\n" for name, value in rows.items())


def _initialise(binaries: Path, data: Path, context: ServerContext) -> None:
    make_folder(data.parent, context.user)
    password_file = write_private(data.parent / ".postgres-password", context.secrets.postgres_admin, context.user)
    unfinished = data.with_name("postgres.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [str(binaries / "initdb"), "-D", str(unfinished), "-U", "postgres", f"--pwfile={password_file}"]
    result = subprocess.run(
        [*command, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        user=context.user,
        group=context.user,
        extra_groups=[] if context.user else None,
    )
    password_file.unlink()
    if result.returncode != 0:
        raise StepFailedError(
            f"initdb could not make PostgreSQL's data folder {data}: {result.stderr.strip()[-600:]}",
            remedy="Free the disk or choose another folder by PLATFORM_DATA_DIR, then run it again.",
        )
    with (unfinished / "postgresql.conf").open("a") as main_settings:
        main_settings.write("\ninclude_if_exists = 'platform.conf'\n")
    unfinished.rename(data)


def _binaries(data: Path) -> Path:
    """Return the folder of PostgreSQL's programs: of the data's own version, else the newest there is."""
    found: dict[int, Path] = {}
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    for folder in folders:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            found.setdefault(_major_version(folder / "postgres"), folder)
    marker = data / "PG_VERSION"
    if marker.exists():
        wanted = int(marker.read_text())
        if wanted not in found:
            raise MissingToolError(
                f"The data in {data} belongs to PostgreSQL {wanted}, which is no longer installed.",
                remedy=f"Install PostgreSQL {wanted} again, or forget the data with `make reset`.",
            )
        return found[wanted]
    fitting = [version for version in found if version >= OLDEST_MAJOR]
    if not fitting:
        raise MissingToolError(
            f"PostgreSQL {OLDEST_MAJOR} or newer is not installed.",
            remedy="Install it (Debian: apt-get install postgresql postgresql-contrib) and run the command again.",
        )
    return found[max(fitting)]


def _major_version(program: Path) -> int:
    text = subprocess.run([str(program), "--version"], check=False, capture_output=True, text=True).stdout
    match = re.search(r"\) (\d+)", text)
    return int(match[1]) if match else 0


def sign_in_probe(url: str) -> Probe:
    """Return a probe that signs in and asks a question."""

    def probe() -> str | None:
        try:
            with psycopg.connect(url, connect_timeout=3) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error as error:
            return str(error).strip().splitlines()[-1]
        return None

    return probe
