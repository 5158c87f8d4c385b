"""Files on their way: whole under their name or not there, and nothing left of whoever was killed."""

import os
import signal

import pytest

from cmdb import parts


def names(folder):
    return sorted(one.name for one in folder.iterdir())


@pytest.mark.parametrize("nameless", [True, False])
def test_a_file_is_there_once_it_is_whole_and_nothing_else_is_left(tmp_path, nameless):
    file = tmp_path / "mail.tar"
    with parts.beside(file, nameless=nameless) as part:
        part.stream.write(b"half ")
        assert not file.exists()
        part.stream.write(b"whole")
        part.place()
    assert (file.read_bytes(), names(tmp_path)) == (b"half whole", ["mail.tar"])


@pytest.mark.parametrize("nameless", [True, False])
def test_what_is_given_up_leaves_nothing(tmp_path, nameless):
    with pytest.raises(ZeroDivisionError), parts.beside(tmp_path / "mail.tar", nameless=nameless) as part:
        part.stream.write(b"half")
        raise ZeroDivisionError
    assert not names(tmp_path)


@pytest.mark.parametrize("nameless", [True, False])
@pytest.mark.parametrize("there", ["a file", "a link to nothing"])
def test_nothing_is_written_over_whoever_comes_first(tmp_path, nameless, there):
    file = tmp_path / "mail.tar"
    with parts.beside(file, nameless=nameless) as part:
        part.stream.write(b"late")
        if there == "a file":
            file.write_bytes(b"first")
        else:
            file.symlink_to(tmp_path / "nothing")
        with pytest.raises(FileExistsError):
            part.place()
    assert names(tmp_path) == ["mail.tar"]
    assert file.is_symlink() or file.read_bytes() == b"first"


def killed_in(folder):
    """A forked process that dies while it works in a room and holds a file without a name."""
    child = os.fork()
    if child == 0:
        try:
            with parts.beside(folder / "mail.tar") as part, parts.room(folder, "backup") as inside:
                part.stream.write(b"half")
                inside.joinpath("cmdb.db").write_bytes(b"half")
                os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


def test_what_a_killed_process_left_goes_with_the_next_and_what_is_worked_in_stays(tmp_path):
    with parts.room(tmp_path, "release") as mine:
        killed_in(tmp_path)
        assert len(names(tmp_path)) == 2
        with parts.room(tmp_path, "part") as other:
            assert names(tmp_path) == sorted([mine.name, other.name])
    assert not names(tmp_path)


def test_only_rooms_of_ours_are_swept(tmp_path):
    kept = [".cmdb-backup-notes", "cmdb-backup-x", ".cmdb-other-x"]
    tmp_path.joinpath(kept[0]).write_text("a file of somebody's")
    for name in kept[1:]:
        tmp_path.joinpath(name).mkdir()
    begun, old = tmp_path / ".cmdb-part-begun", tmp_path / ".cmdb-release-old"
    for one in (begun, old):
        one.mkdir()
    os.utime(old, (0, 0))  # an older program left no lock in its rooms
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    tmp_path.joinpath(".cmdb-backup-link").symlink_to(elsewhere)
    assert parts.sweep(tmp_path) == 1
    assert names(tmp_path) == sorted([*kept, begun.name, "elsewhere", ".cmdb-backup-link"])
    assert parts.sweep(tmp_path / "nowhere") == 0
