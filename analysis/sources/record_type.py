"""The protobuf class of W&B's log records, without importing all of ``wandb``.

``import wandb`` takes a second and 240 modules, for one message class. The package ships its
message definitions as serialised descriptors in generated modules; they are read from there, as
text, into a pool of their own. Where the generated modules look different one day, the ordinary
import is the way back: it costs the second, and nothing else.
"""

import ast
import sys
import threading
from functools import cache
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from google.protobuf.message import Message

    class Record(Message):
        """What the reader's callers use of a record (the generated modules carry no types)."""

        num: int
        run: Any
        history: Any
        summary: Any
        config: Any
        stats: Any
        metric: Any
        output: Any
        output_raw: Any
        exit: Any
        preempting: Any
        environment: Any


# In the order in which they depend on each other.
_MODULES = ("wandb_base_pb2.py", "wandb_telemetry_pb2.py", "wandb_internal_pb2.py")
_RECORD = "wandb_internal.Record"
# Two logs may be opened at once, and Python 3.11 cannot parse in two threads (cpython #106905).
_PARSING = threading.Lock()


@cache
def record_type() -> "type[Record]":
    """``wandb.proto.wandb_internal_pb2.Record``, or an equal class of the same definition."""
    if "wandb.proto.wandb_internal_pb2" not in sys.modules:
        light = _from_descriptors()
        if light is not None:
            return light
    from wandb.proto import wandb_internal_pb2

    return cast("type[Record]", vars(wandb_internal_pb2)["Record"])  # it has no types


def _from_descriptors() -> "type[Record] | None":
    import google.protobuf
    from google.protobuf import (
        descriptor_pool,
        empty_pb2,
        message_factory,
        struct_pb2,
        timestamp_pb2,
    )

    spec = util.find_spec("wandb")  # finds the package without running it
    if spec is None or not spec.submodule_search_locations:
        return None
    major = google.protobuf.__version__.split(".", 1)[0]
    folder = Path(spec.submodule_search_locations[0], "proto", f"v{major}")
    pool = descriptor_pool.DescriptorPool()
    try:
        for known in (empty_pb2, struct_pb2, timestamp_pb2):
            pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
        for name in _MODULES:
            pool.AddSerializedFile(_serialized(folder / name))
        found = message_factory.GetMessageClass(pool.FindMessageTypeByName(_RECORD))
    except (OSError, SyntaxError, LookupError, TypeError, SystemError):
        return None
    return cast("type[Record]", found)


def _serialized(module: Path) -> bytes:
    """The argument of ``AddSerializedFile`` in a generated module.

    Raises:
        LookupError: when there is none.
    """
    with _PARSING:
        tree = ast.parse(module.read_bytes())
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="AddSerializedFile"),
                args=[ast.Constant(value=bytes() as data)],
            ):
                return data
    raise LookupError(module.name)
