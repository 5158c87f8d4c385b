"""Running git on one bare repository, cut off from everything else on the machine.

One job: start git through GitPython so that neither the user's configuration, nor variables of a
surrounding git hook, nor replacement refs, grafts or hooks change what it does; and read objects
through one persistent `cat-file --batch-command`, each checked against its id as it arrives.
"""

import configparser
import fcntl
import os
import re
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha1
from itertools import islice
from pathlib import Path
from subprocess import PIPE
from threading import Lock
from typing import Any, BinaryIO

from cmdb.errors import CmdbError, Corrupt, Refused
from cmdb.model import shown

# GitPython looks for git while it is imported, and fails there where git is missing.
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
import git

LOCK_SECONDS = 30
# 256 requests are 13 KB: they fit into a pipe, so neither side ever waits for the other.
BATCH = 256
PIECE = 1 << 20  # bytes of a large file that are in memory at once
FEW = 8  # asked for together at most, objects that lead elsewhere are kept: they are asked for again
KEPT_BYTES = 16 << 20

_OBJECT = re.compile(r"[0-9a-f]{40}")
# Ways that are no place: git would wait at an open file, or run a command somebody handed over.
_NO_PIPES = ("-c", "protocol.fd.allow=never", "-c", "protocol.ext.allow=never")
# Said again on every call, so that an edited config file of the library changes nothing.
_SETTINGS = tuple(
    part
    for one in ("core.hooksPath=/dev/null", "core.fsync=all", "gc.auto=0", "advice.graftFileDeprecated=false")
    for part in ("-c", one)
)


class Git:
    """Starts git on one bare repository. No shell, no hooks, no configuration but its own."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._git = git.cmd.Git(str(self.path))
        self._environ = _environment(self.path)

    def run(
        self,
        *arguments: str,
        stdin: bytes | BinaryIO = b"",
        lock: int | None = None,
    ) -> bytes:
        """Run one git command to its end and give what it printed.

        `lock` is the descriptor of the vault's lock: a command that moves refs inherits it, so an
        orphaned child still holds it after its parent died. Raises Refused or Corrupt.
        """
        if isinstance(stdin, bytes):
            running = self.start(*arguments, lock=lock)
            out, err = running.communicate(stdin)
        else:
            running = self.start(*arguments, stdin=stdin, lock=lock)
            out, err = running.communicate()
        if running.returncode:
            raise _failed(arguments[0], err.decode("utf-8", "replace"))
        return bytes(out)

    def agrees(self, *arguments: str) -> bool:
        """Run a git command that answers by its exit code: 0 is yes, anything else no."""
        running = self.start(*arguments)
        running.communicate()
        return not running.returncode

    def start(self, *arguments: str, stdin: BinaryIO | None = None, lock: int | None = None) -> Any:
        """Start one git command; its input is a pipe unless `stdin` is an open file."""
        command = ["git", f"--git-dir={self.path}", *_SETTINGS, *arguments]
        try:
            return self._git.execute(
                command,
                istream=PIPE if stdin is None else stdin,
                as_process=True,
                env=self._environ,
                pass_fds=() if lock is None else (lock,),
            )
        except git.GitCommandNotFound as missing:
            raise Refused("The program 'git' is not installed.", "Install git 2.36 or newer.") from missing

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Hold the vault's lock; gives the descriptor that children inherit.

        Only under it are refs moved and lock files of dead processes removed. The store's write
        lock is always taken first. It is an open-file lock (flock), so it lasts until the last
        process that inherited the descriptor is gone: a killed writer's child keeps it. Raises
        Refused after 30 seconds.
        """
        descriptor = os.open(self.path / "cmdb.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
        try:
            _wait_for(descriptor)
            yield descriptor
        finally:
            os.close(descriptor)


class Reader:
    """Reads objects through one `git cat-file --batch-command`, started when first needed.

    Every object is hashed again and compared with its id, so what is read is what was written. Folders
    and commits read lately are kept, up to 16 MiB, until `close`: the way to a file is the same for
    most of them.
    """

    def __init__(self, runner: Git) -> None:
        self._git = runner
        self._running: Any = None
        self._alone = Lock()
        self._kept: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._weight = 0

    def read(self, oid: str) -> tuple[str, bytes]:
        """Give the kind and content of an object. Raises Corrupt when it is missing or damaged."""
        return next(iter(self.read_many([oid])))

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Give kind and content of many objects, in the order asked, without waiting for each."""
        left = iter(oids)
        while part := list(islice(left, BATCH)):
            with self._alone:
                answers = self._few(part) if len(part) <= FEW else self._ask(part)
            yield from answers

    def pieces(self, oid: str) -> Iterator[bytes]:
        """Give the content of a file piece by piece, each of at most 1 MiB, from a program of its own.

        Ends in Corrupt when what came is not the object of that id: count nothing before the end.
        """
        if not _OBJECT.fullmatch(oid):
            raise Corrupt(f"'{shown(oid)}' is no git object id.", "Run 'cmdb verify'.")
        running = self._git.start("cat-file", "--batch")
        try:
            running.stdin.write(f"{oid}\n".encode())
            running.stdin.flush()
            yield from _pieces(running.stdout, oid)
        except BrokenPipeError as gone:
            raise _died() from gone
        finally:
            _end(running)

    def close(self) -> None:
        """End the program and forget what was read; the next question starts it again."""
        with self._alone:
            self._stop()
            self._kept.clear()
            self._weight = 0

    def _few(self, oids: list[str]) -> list[tuple[str, bytes]]:
        """Answer from what is kept, and ask for the rest."""
        missing = [oid for oid in dict.fromkeys(oids) if oid not in self._kept]
        fresh = dict(zip(missing, self._ask(missing), strict=True)) if missing else {}
        answers = [fresh[oid] if oid in fresh else self._kept[oid] for oid in oids]
        for oid in oids:
            if oid not in fresh:
                self._kept.move_to_end(oid)
        for oid, (kind, data) in fresh.items():
            if kind in ("tree", "commit"):
                self._kept[oid] = kind, data
                self._weight += len(data)
        while self._weight > KEPT_BYTES:
            self._weight -= len(self._kept.popitem(last=False)[1][1])
        return answers

    def _ask(self, oids: list[str]) -> list[tuple[str, bytes]]:
        if bad := [oid for oid in oids if not _OBJECT.fullmatch(oid)]:
            raise Corrupt(f"'{shown(bad[0])}' is no git object id.", "Run 'cmdb verify'.")
        if self._running is None:
            self._running = self._git.start("cat-file", "--batch-command", "--buffer")
        complete = False
        try:
            asked = "".join([f"contents {oid}\n" for oid in oids])
            self._running.stdin.write(f"{asked}flush\n".encode())
            self._running.stdin.flush()
            answers = _answers(self._running.stdout, oids)
            complete = True
        except BrokenPipeError as gone:
            raise _died() from gone
        finally:
            if not complete:  # what is left in the pipe belongs to nobody: start afresh
                self._stop()
        return answers

    def has(self, oid: str) -> bool:
        """Whether there is such an object."""
        try:
            self.read(oid)
        except Corrupt:
            return False
        return True

    def _stop(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            _end(running)


def _end(running: Any) -> None:
    running.stdin.close()
    running.stdout.close()
    running.stderr.close()
    running.proc.terminate()
    running.proc.wait()


def _pieces(out: BinaryIO, oid: str) -> Iterator[bytes]:
    """The content of the one file that was asked for, checked against its id when it has come."""
    head = out.readline().split()
    if not head:
        raise _died()
    if len(head) != 3:
        raise Corrupt(f"The library has no object {oid}.", "Run 'cmdb verify' and restore a backup.")
    if head[1] != b"blob":
        raise Corrupt(f"The object {oid} is a {head[1].decode()}, not a file.", "Run 'cmdb verify'.")
    whole = sha1(b"blob %b\0" % head[2], usedforsecurity=False)
    left = int(head[2])
    while left:
        piece = out.read(min(left, PIECE))
        if not piece:
            raise _died()
        whole.update(piece)
        left -= len(piece)
        yield piece
    if whole.hexdigest() != oid:
        raise Corrupt(f"The object {oid} of the library is damaged.", "Restore a backup of the library.")


def _answers(out: BinaryIO, oids: list[str]) -> list[tuple[str, bytes]]:
    """Read what `cat-file` says of these objects, each checked against its id."""
    readline, read, found = out.readline, out.read, list[tuple[str, bytes]]()
    for oid in oids:
        head = readline().split()
        if len(head) != 3:
            if not head:
                raise _died()
            raise Corrupt(f"The library has no object {oid}.", "Run 'cmdb verify' and restore a backup.")
        data = read(int(head[2]) + 1)[:-1]  # a line end follows each
        # As `object_id` does; here it is done for very many.
        if sha1(b"%b %b\0%b" % (head[1], head[2], data), usedforsecurity=False).hexdigest() != oid:
            raise Corrupt(f"The object {oid} of the library is damaged.", "Restore a backup of the library.")
        found.append((head[1].decode(), data))
    return found


def copied(source: str, target: Path) -> None:
    """Copy a whole repository, from a directory or a URL, as a bare mirror.

    With the user's own configuration and ssh, which know the way to other machines; where nothing is
    said about ssh, without a question. Raises Refused with what git says.
    """
    run, ask = git.cmd.Git(), {"GIT_TERMINAL_PROMPT": "0"}
    try:
        asked = run.execute(["git", "config", "--get", "core.sshCommand"], with_exceptions=False)
        if not (asked or os.environ.get("GIT_SSH_COMMAND") or os.environ.get("GIT_SSH")):
            ask["GIT_SSH_COMMAND"] = "ssh -oBatchMode=yes"
        words = ["git", *_NO_PIPES, "clone", "--quiet", "--mirror", "--", source, str(target)]
        run.execute(words, env=ask)
    except git.GitCommandNotFound as missing:
        raise Refused("The program 'git' is not installed.", "Install git 2.36 or newer.") from missing
    except git.GitCommandError as failed:
        said = " ".join(str(failed.stderr).replace("stderr:", "").strip(" '\n").split())
        raise Refused(
            f"{shown(source)} cannot be copied: {shown(said or 'git says no reason', 300)}",
            "Name the directory of a library.git, or a URL that 'git clone' understands.",
        ) from failed


def unfit(path: Path) -> Refused | None:
    """Say why a repository cannot be the vault that people write to; None when it can.

    What is written to a copy that fetches is lost with its next fetch, in a clone with files git may
    move main by itself, and on a cut-off history nothing can be proved.
    """
    if path.joinpath("shallow").exists():
        return Refused(
            f"The history of {path} is cut off: it is a shallow clone.",
            "Put the whole library there: a bare clone without --depth, or 'cmdb backup --restore FILE DIR'.",
        )
    try:
        with git.GitConfigParser(str(path / "config"), read_only=True) as config:
            sections = [one for one in config.sections() if one.startswith("remote ")]
            fetching = [one for one in sections if config.has_option(one, "fetch")]
            origin = config.get_value(fetching[0], "url", "elsewhere") if fetching else ""
            bare = config.get_value("core", "bare", False)
    except (OSError, ValueError, UnicodeDecodeError, configparser.Error) as broken:
        return Refused(
            f"The configuration of {path} cannot be read: {broken}.", "Restore library.git from a backup."
        )
    if fetching:
        return Refused(
            f"{path} is a mirror of {shown(str(origin))}: what is written to it is lost with the next fetch.",
            "Work on the site it mirrors. If that one is gone, run 'git remote remove origin' in it.",
        )
    if not bare:
        return Refused(
            f"{path} is not bare: its working files could move what it holds.",
            "Put a bare clone there, or 'cmdb backup --restore FILE DIR'.",
        )
    return None


def ahead() -> Refused:
    """What is said of a main that no row of the database names."""
    return Refused(
        "The library holds commits that the database does not know.",
        "Run 'cmdb rebuild --forward' to take them over; until then everything is read only.",
    )


def shown_to_clones(path: Path) -> tuple[str, tuple[str, ...]]:
    """What HEAD of a repository says, and the name of every ref it has: what others look at first."""
    loose = {one.relative_to(path).as_posix() for one in path.glob("refs/**/*") if one.is_file()}
    packed = path / "packed-refs"
    lines = packed.read_text("utf-8", "replace").splitlines() if packed.is_file() else []
    named = {line.partition(" ")[2] for line in lines if not line.startswith(("#", "^"))}
    head = path.joinpath("HEAD").read_text("utf-8", "replace").strip()
    return head, tuple(sorted(one for one in loose | named if not one.endswith(".lock")))


def sync_folder(path: Path) -> None:
    """Make new names in a folder durable; git syncs files but not the folders they stand in."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _environment(path: Path) -> Mapping[str, str]:
    return {
        "GIT_DIR": str(path),
        "GIT_COMMON_DIR": str(path),
        "GIT_OBJECT_DIRECTORY": str(path / "objects"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": "",
        "GIT_NAMESPACE": "",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": "0",
        "GIT_CONFIG_PARAMETERS": "",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_GRAFT_FILE": os.devnull,
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_DEFAULT_HASH": "sha1",
        "GIT_DEFAULT_REF_FORMAT": "files",
    }


def _wait_for(descriptor: int) -> None:
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            if time.monotonic() > until:
                raise Refused(
                    f"Another process has held the library for more than {LOCK_SECONDS} seconds.",
                    "Try again in a moment; nothing was changed.",
                ) from busy
            time.sleep(0.01)
        else:
            return


def _failed(command: str, said: str) -> CmdbError:
    low, words = said.lower(), shown(said.strip() or "no reason given", 300)
    if any(one in low for one in ("no space left", "disk quota", "out of diskspace")):
        return Refused("The disk of the library is full; nothing was changed.", "Make room and try again.")
    if "permission denied" in low or "read-only file system" in low:
        return Refused(
            f"The library cannot be written here: {words}", "Check the permissions of library.git."
        )
    return Corrupt(
        f"git {command} failed on the library: {words}", "Run 'cmdb verify' and keep this copy untouched."
    )


def _died() -> Corrupt:
    return Corrupt("The library cannot be read: git ended unexpectedly.", "Run 'cmdb verify'.")
