"""The reader of W&B's offline log: whole files, torn ones, damaged ones, growing ones."""

import struct
import subprocess
import sys
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wandb.proto import wandb_internal_pb2

from analysis.errors import LogUnreadable
from analysis.sources.datastore import BLOCK, HEADER, RecordScan, read_records
from analysis.sources.record_type import record_type

on_files = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def a_record(number: int, size: int = 40) -> bytes:
    """A console line of a given length, serialised by the package's own class."""
    record = record_type()(num=number)
    record.output_raw.line = "x" * size
    return record.SerializeToString()


def framed(records: list[bytes]) -> bytes:
    """A log as W&B writes it, and nothing of the reader's code in it."""
    out = bytearray(HEADER)
    for record in records:
        rest, first = record, True
        while rest or first:
            left = BLOCK - len(out) % BLOCK
            if left < 7:
                out += bytes(left)
                left = BLOCK
            part, rest = rest[: left - 7], rest[left - 7 :]
            kind = {(True, True): 1, (True, False): 2, (False, False): 3, (False, True): 4}[
                first, not rest
            ]
            out += struct.pack("<IHB", crc32(bytes([kind]) + part), len(part), kind) + part
            first = False
    return bytes(out)


SIZES = [40, 300, 33_000, 5, 70_000, 120, 32_700, 60, 60, 90_000, 1, 2_000] * 2
LOG = framed([a_record(n, size) for n, size in enumerate(SIZES, 1)])
ENDS = [len(framed([a_record(n, s) for n, s in enumerate(SIZES[:k], 1)])) for k in range(25)]


def numbers(scan: RecordScan) -> list[int]:
    """The numbers of all records of a scan."""
    return [record.num for record in scan]


def at(folder: Path, data: bytes) -> Path:
    """Write a log."""
    path = folder / "run-x.wandb"
    path.write_bytes(data)
    return path


def test_every_record_is_read(tmp_path: Path) -> None:
    """A sound log gives all records, nothing lost, and ends where the file ends."""
    scan = read_records(at(tmp_path, LOG))
    read = list(scan)
    assert [record.num for record in read] == list(range(1, 25))
    assert [len(record.output_raw.line) for record in read] == SIZES
    assert (scan.offset, scan.torn, bool(scan.lost)) == (len(LOG), 0, False)


@on_files
@given(cut=st.integers(0, len(LOG)))
def test_a_log_cut_anywhere_gives_all_records_before_the_cut(tmp_path: Path, cut: int) -> None:
    """A torn tail loses the torn record only, and a later call reads on when the rest came."""
    path = at(tmp_path, LOG[:cut])
    scan = read_records(path)
    before = numbers(scan)
    assert before == [n for n, end in enumerate(ENDS) if n and end <= cut]
    assert not scan.lost
    at(tmp_path, LOG)
    assert before + numbers(read_records(path, offset=scan.offset)) == list(range(1, 25))


@on_files
@given(place=st.integers(len(HEADER), len(LOG) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_loses_one_record_at_most(tmp_path: Path, place: int, bit: int) -> None:
    """One damaged byte costs the record around it; what was lost is counted or at the end."""
    data = bytearray(LOG)
    data[place] ^= 1 << bit
    scan = read_records(at(tmp_path, bytes(data)))
    read = numbers(scan)
    missing = sorted(set(range(1, 25)) - set(read))
    assert read == sorted(read)
    assert len(missing) <= 1
    if missing == [24]:
        assert scan.torn > 0
    else:
        assert scan.lost.records == len(missing)


@on_files
@given(
    places=st.lists(st.integers(len(HEADER), len(LOG) - 1), min_size=1, max_size=40),
    noise=st.binary(min_size=1, max_size=200),
)
def test_no_damage_raises(tmp_path: Path, places: list[int], noise: bytes) -> None:
    """Whatever is overwritten: only real records come out, in order, and those before are whole."""
    data = bytearray(LOG)
    for place in places:
        data[place : place + len(noise)] = noise[: len(data) - place]
    scan = read_records(at(tmp_path, bytes(data)))
    read = numbers(scan)
    assert read == sorted(set(read) & set(range(1, 25)))
    intact = [n for n, end in enumerate(ENDS) if n and end <= min(places)]
    assert read[: len(intact)] == intact
    assert scan.offset <= len(data)
    if scan.torn == 0:
        assert scan.lost.records == 24 - len(read)


@on_files
@given(data=st.binary(max_size=3000))
def test_anything_after_a_header_is_read_without_raising(tmp_path: Path, data: bytes) -> None:
    """Noise is no record."""
    assert numbers(read_records(at(tmp_path, HEADER + data))) == []


def test_reading_goes_on_after_a_block_of_zeros(tmp_path: Path) -> None:
    """A block that a dying disk left empty is passed, and the loss is said."""
    data = bytearray(framed([a_record(n, 500) for n in range(1, 401)]))
    data[BLOCK : 2 * BLOCK] = bytes(BLOCK)
    scan = read_records(at(tmp_path, bytes(data)))
    read = numbers(scan)
    assert (read[0], read[-1]) == (1, 400)
    assert scan.lost.gaps == 1
    assert scan.lost.records == 400 - len(read)
    assert BLOCK <= scan.lost.bytes < BLOCK + 2_000


def test_a_growing_log_is_followed(tmp_path: Path) -> None:
    """Calls that go on at the last offset give each record once, wherever the writer was."""
    path = tmp_path / "run-x.wandb"
    seen: list[int] = []
    offset = 0
    for size in [*range(0, len(LOG), 7_001), len(LOG)]:
        path.write_bytes(LOG[:size])
        scan = read_records(path, offset=offset)
        seen += numbers(scan)
        offset = scan.offset
    assert seen == list(range(1, 25))


OTHER_FILES = {
    "text": b"hello, this is no log",
    "leveldb": LOG[len(HEADER) :],
    "next version": b":W&B" + struct.pack("<HB", 0xBEE1, 7) + LOG[7:],
}


@pytest.mark.parametrize("data", OTHER_FILES.values(), ids=OTHER_FILES)
def test_what_is_no_log_is_refused(tmp_path: Path, data: bytes) -> None:
    """A file without W&B's header is refused with a sentence."""
    with pytest.raises(LogUnreadable, match="not a W&B log"):
        next(read_records(at(tmp_path, data)))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """The operating system's word comes along, the path does not."""
    with pytest.raises(LogUnreadable, match=r"cannot be read: No such file"):
        next(read_records(tmp_path / "none.wandb"))


def test_the_record_class_comes_without_the_package() -> None:
    """Reading a log does not import wandb, and the class has the package's own definition."""
    code = (
        "import sys; from analysis.sources.record_type import record_type; record_type()\n"
        "assert 'wandb' not in sys.modules\n"
        "import wandb.proto.wandb_internal_pb2 as real\n"
        "assert record_type().DESCRIPTOR.fields_by_name.keys() == "
        "real.Record.DESCRIPTOR.fields_by_name.keys()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
    # Here the package is there already. The answer may have been kept from before it was, so the
    # question is asked anew.
    assert record_type.__wrapped__() is vars(wandb_internal_pb2)["Record"]
