"""Files that people name: whole up to a limit, and nothing that never ends."""

import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cmdb import files
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.exchange import csv_native


def refusal(path: Path, kind: type[Exception] = Invalid, **more: int) -> str:
    with pytest.raises(kind) as wrong:
        files.read(path, **more)
    assert wrong.value.remedy
    return wrong.value.reason


def test_a_file_is_read_whole(tmp_path):
    file = tmp_path / "request.yaml"
    file.write_bytes(b"title: x\n" * 20_000)
    assert files.read(file) == b"title: x\n" * 20_000


def test_what_does_not_exist_or_may_not_be_read_is_said(tmp_path):
    assert "There is no file" in refusal(tmp_path / "none", NotFound)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "cannot be read" in refusal(tmp_path / "loop", Refused)


def test_directories_and_devices_are_no_files(tmp_path):
    assert "is a directory" in refusal(tmp_path)
    assert "is a device" in refusal(Path("/dev/zero"))
    assert "is a device" in refusal(Path("/dev/null"))


def test_a_file_of_gigabytes_is_refused_without_being_read(tmp_path):
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as out:
        out.truncate(10_000_000_000)
    assert "more than 4,000,000 bytes" in refusal(huge)
    assert "more than 10 bytes" in refusal(huge, limit=10)


def test_what_the_system_makes_up_as_it_is_read_ends_at_the_limit():
    made_up = Path("/proc/self/maps")  # it says that it has no bytes
    assert made_up.stat().st_size == 0
    assert "more than 10 bytes" in refusal(made_up, limit=10)


def test_a_pipe_is_read_as_it_is_filled(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text("title: x\n" * 30_000))
    writer.start()
    assert files.read(pipe) == b"title: x\n" * 30_000
    writer.join()


def test_a_pipe_nobody_fills_or_empties_for_ever_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "PATIENCE", 0.05)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "was not filled within" in refusal(pipe)
    monkeypatch.setattr(files, "PATIENCE", 30)
    endless = subprocess.Popen(
        [sys.executable, "-c", f"out = open({str(pipe)!r}, 'wb')\nwhile True: out.write(bytes(65536))"],
        stderr=subprocess.DEVNULL,
    )
    assert "more than 100,000 bytes" in refusal(pipe, limit=100_000)
    endless.wait()


def test_a_stream_ends_at_the_limit():
    assert files.read_stream(io.BytesIO(b"x" * 10), limit=10) == b"x" * 10
    with pytest.raises(Invalid, match="stdin has more than 9 bytes"):
        files.read_stream(io.BytesIO(b"x" * 10), limit=9)


@pytest.mark.parametrize("name", ["UTF-16", "UTF-32"])
def test_a_text_in_another_encoding_is_named(name):
    with pytest.raises(Invalid) as wrong:
        files.text("title: x".encode(name), "night.yaml")
    assert wrong.value.reason == f"night.yaml is {name}, not UTF-8."
    assert f"iconv -f {name} -t UTF-8" in wrong.value.remedy


def test_a_byte_order_mark_is_left_out_and_a_wrong_byte_named_with_its_line():
    assert files.text(b"\xef\xbb\xbftitle: x", "night.yaml") == "title: x"
    with pytest.raises(Invalid, match="night.yaml is not UTF-8: byte 0xE9 in line 2"):
        files.text(b"title: x\nreason: caf\xe9\n", "night.yaml")


def test_what_is_read_more_than_once_is_a_plain_file(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, what in ((pipe, "pipe"), (tmp_path, "directory"), (Path("/dev/zero"), "device")):
        with pytest.raises(Invalid, match=f"is a {what}, not a file"):
            files.refuse_special(path)


@pytest.mark.parametrize(("start", "kind"), [(b"\x1f\x8b\x08", "gzip"), (b"PK\x03\x04", "zip")])
def test_a_compressed_file_is_to_be_unpacked_and_not_converted(tmp_path, start, kind):
    with pytest.raises(Invalid, match=rf"checks.csv is compressed \({kind}\).* Unpack it"):
        files.text(start, "checks.csv")
    packed = tmp_path / "checks.csv"
    packed.write_bytes(start + b"more")
    with pytest.raises(Invalid, match=rf"checks.csv is compressed \({kind}\)"):
        csv_native.open_text(packed)
