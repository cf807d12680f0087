"""Small logs of W&B's format, made record by record."""

import json
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from analysis.sources.datastore import HEADER
from analysis.sources.record_type import record_type

if TYPE_CHECKING:
    from analysis.sources.record_type import Record


def a_record(kind: str, **fields: Any) -> "Record":
    """A record of one kind, its scalar fields set."""
    record = record_type()()
    part = getattr(record, kind)
    part.SetInParent()
    for name, value in fields.items():
        if name.endswith("_at") or name in ("timestamp", "start_time"):
            getattr(part, name).seconds = int(value)
            getattr(part, name).nanos = round((value - int(value)) * 1e9)
        elif isinstance(value, list):
            getattr(part, name).extend(value)
        else:
            setattr(part, name, value)
    return record


def a_row(step: int, time: float, **values: Any) -> "Record":
    """A history record; a name with dots is a nested one."""
    record = record_type()()
    for name, value in {"_step": step, "_timestamp": time, **values}.items():
        item = record.history.item.add()
        item.nested_key.extend(name.split("."))
        item.value_json = json.dumps(value)
    return record


def a_config(**values: Any) -> "Record":
    """A config record."""
    record = record_type()()
    for name, value in values.items():
        item = record.config.update.add()
        item.key, item.value_json = name, json.dumps(value)
    return record


def a_sample(time: float, **values: float) -> "Record":
    """A record of system metrics."""
    record = a_record("stats", timestamp=time)
    for name, value in values.items():
        item = record.stats.item.add()
        item.key, item.value_json = name, json.dumps(value)
    return record


def log_bytes(records: "Iterable[Record]") -> bytes:
    """A log of records that are smaller than a block together."""
    data = HEADER
    for number, record in enumerate(records, start=1):
        record.num = number
        body = record.SerializeToString()
        data += struct.pack("<IHB", crc32(b"\x01" + body), len(body), 1) + body
    assert len(data) < 32_768
    return data


def write_log(folder: Path, records: "Iterable[Record]", name: str = "run-made.wandb") -> Path:
    """A log file in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_bytes(log_bytes(records))
    return file
