"""Reads W&B's offline log, ``run-ID.wandb``, whatever has happened to it.

The file is a header of 7 bytes, then LevelDB's log format: blocks of 32,768 bytes (the header
counts into the first), each filled with chunks ``crc32 | length | type | data``; a record is one
full chunk, or a first, any number of middle and a last one. ``wandb`` ships a writer only.

Three things are normal here and none of them raises: a torn tail (the run is being written, or
its machine died), damage in the middle (reading goes on at the next chunk whose checksum holds,
and what was lost is counted), and a file that grows while it is read (``offset`` says where a
later call goes on).
"""

import re
import struct
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Self
from zlib import crc32

from analysis.errors import LogUnreadable
from analysis.sources.record_type import record_type

if TYPE_CHECKING:
    from analysis.sources.record_type import Record

BLOCK = 32_768
HEADER = b":W&B" + struct.pack("<HB", 0xBEE1, 0)

_CHUNK = struct.Struct("<IHB")  # crc32 of type and data, length of data, type
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_TYPE_CRC = {kind: crc32(bytes([kind])) for kind in (_FULL, _FIRST, _MIDDLE, _LAST)}
_ANY_TYPE = re.compile(rb"[\x01-\x04]")


@dataclass(slots=True)
class Lost:
    """What could not be read between records that could.

    Attributes:
        gaps: places where something is missing.
        bytes: bytes in them.
        records: records in them, by the records' own numbers where these tell, else one a gap.
    """

    gaps: int = 0
    bytes: int = 0
    records: int = 0

    def __bool__(self) -> bool:
        return self.gaps > 0


@dataclass
class RecordScan:
    """One pass over a log: an iterator of records that holds one block and one record at a time.

    Attributes:
        path: the file.
        offset: the position after the last record given out; ``read_records(path, offset=…)``
            goes on from there, now or when the file has grown, and repeats nothing.
        lost: what was damaged between records, in this pass.
        torn: once the end is reached: bytes there that are no whole record. One that is still
            being written, or all that a killed process left of its last.
    """

    path: str | PathLike[str]
    offset: int = 0
    lost: Lost = field(default_factory=Lost)
    torn: int = 0

    def __post_init__(self) -> None:
        self._records = self._read()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> "Record":
        return next(self._records)

    def close(self) -> None:
        """Close the file before the end is reached."""
        self._records.close()

    def _read(self) -> "Generator[Record]":
        try:
            with Path(self.path).open("rb") as file:
                head = file.read(len(HEADER))
                if not HEADER.startswith(head):
                    raise LogUnreadable("The file is not a W&B log.")
                if head == HEADER:
                    yield from self._records_of(file)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise LogUnreadable(f"The log cannot be read: {reason}.") from error

    def _records_of(self, file: BinaryIO) -> "Generator[Record]":
        from google.protobuf.message import DecodeError

        make = record_type()
        # Records are numbered from 1; where a scan goes on, the number before is not known.
        number = 0 if self.offset <= len(HEADER) else None
        self.offset = max(self.offset, len(HEADER))
        for start, end, data in _whole_records(_chunks(file, self.offset)):
            record = make()
            try:
                record.ParseFromString(data)
            except DecodeError:
                continue  # counted as a gap with the next record
            if start - self.offset > _padding(self.offset):
                told = record.num - number - 1 if number is not None and record.num else 0
                self.lost.gaps += 1
                self.lost.bytes += start - self.offset
                self.lost.records += max(told, 1)
            number = record.num or None
            self.offset = end
            yield record
        self.torn = max(0, file.seek(0, 2) - self.offset - _padding(self.offset))


def read_records(path: str | PathLike[str], *, offset: int = 0) -> RecordScan:
    """Iterate over the whole records of a log.

    Args:
        path: the ``.wandb`` file.
        offset: where to go on: the ``offset`` of an earlier scan of the same file.

    Returns:
        An iterator of records that also tells how far it came and what was lost.

    Raises:
        LogUnreadable: on the first step, when the file cannot be opened or is no W&B log.
    """
    return RecordScan(path, offset)


class _Chunk(NamedTuple):
    start: int  # position of its header in the file
    end: int
    kind: int
    data: bytes


def _padding(position: int) -> int:
    """Bytes from here to the end of the block, where no chunk's header fits in."""
    left = -position % BLOCK
    return left if left < _CHUNK.size else 0


def _chunks(file: BinaryIO, position: int) -> Iterator[_Chunk]:
    """Chunks whose checksums hold, from a position on; what lies between them is damaged."""
    while True:
        start = position - position % BLOCK
        file.seek(start)
        block = file.read(BLOCK)
        at: int | None = position - start
        while at is not None:
            chunk = _chunk_at(block, at, start)
            if chunk is None:
                at = _next_chunk(block, at + 1)
                continue
            yield chunk
            at = chunk.end - start
        if len(block) < BLOCK:
            return
        position = start + BLOCK


def _chunk_at(block: bytes, at: int, block_start: int) -> _Chunk | None:
    if at + _CHUNK.size > len(block):
        return None
    checksum, length, kind = _CHUNK.unpack_from(block, at)
    body = at + _CHUNK.size
    end = body + length
    if kind not in _TYPE_CRC or end > len(block):
        return None
    data = block[body:end]
    if crc32(data, _TYPE_CRC[kind]) != checksum:
        return None
    return _Chunk(block_start + at, block_start + end, kind, data)


def _next_chunk(block: bytes, at: int) -> int | None:
    """The first sound chunk at or after a place in a block.

    A damaged length says nothing of where the next chunk starts, so every place is tried; a
    checksum of 32 bits holds by chance once in a hundred thousand fully damaged blocks.
    """
    for found in _ANY_TYPE.finditer(block, at + _CHUNK.size - 1):
        place = found.start() - (_CHUNK.size - 1)
        if _chunk_at(block, place, 0) is not None:
            return place
    return None


def _whole_records(chunks: Iterator[_Chunk]) -> Iterator[tuple[int, int, bytes]]:
    """Put chunks together: start and end in the file, and the data, of each whole record.

    A part that does not continue the one before it exactly (but for padding) belongs to a
    damaged record and is left out.
    """
    parts: list[bytes] = []
    start = end = 0
    for chunk in chunks:
        if chunk.kind in (_FULL, _FIRST):
            parts, start = [chunk.data], chunk.start
        elif parts and chunk.start == end + _padding(end):
            parts.append(chunk.data)
        else:
            parts = []
        end = chunk.end
        if parts and chunk.kind in (_FULL, _LAST):
            yield start, end, b"".join(parts)
            parts = []
