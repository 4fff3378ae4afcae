"""TensorBoard's event files: records, events and tensors, whole, cut off and damaged."""

import random
import struct
from pathlib import Path

import numpy as np
import pytest

from stepwell import _native
from stepwell.imports.protobuf import WireError
from stepwell.imports.tensorboard.content import content, histogram
from stepwell.imports.tensorboard.directory import EventDirectory, event_directories
from stepwell.imports.tensorboard.event import Event, read_event
from stepwell.imports.tensorboard.hparams import hyperparameters
from stepwell.imports.tensorboard.record import DamagedFileError, masked_crc, read_records
from stepwell.imports.tensorboard.row import Rows
from stepwell.imports.tensorboard.tensor import read_tensor


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def field(number: int, value: int | float | bytes | str) -> bytes:
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def scalar(tag: str | bytes, value: float) -> bytes:
    return field(5, field(1, field(1, tag) + varint(2 << 3 | 5) + struct.pack("<f", value)))


def event(step: int, time: float, *parts: bytes) -> bytes:
    return field(1, time) + field(2, step) + b"".join(parts)


def record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


def tensor_value(tag: str, tensor: bytes, plugin: str = "", plugin_data: bytes = b"") -> bytes:
    metadata = field(9, field(1, field(1, plugin) + field(2, plugin_data))) if plugin else b""
    return field(5, field(1, field(1, tag) + metadata + field(8, tensor)))


def shape(*sizes: int) -> bytes:
    return field(2, b"".join(field(2, field(1, size)) for size in sizes))


def test_the_checksum_is_the_one_of_the_format():
    assert _native.crc32c(b"123456789") == 0xE3069283
    assert masked_crc(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_events_come_back_in_order(tmp_path: Path):
    path = tmp_path / "events.out.tfevents.1.host"
    events = [event(step, 1e9 + step, scalar("loss", step / 2)) for step in range(5)]
    path.write_bytes(record(event(0, 1e9, field(3, "brain.Event:2"))) + b"".join(map(record, events)))
    found = list(EventDirectory(tmp_path).read())
    assert found[0] == Event(time=1e9, version="brain.Event:2")
    assert [(each.step, each.time) for each in found[1:]] == [(step, 1e9 + step) for step in range(5)]
    assert [content(each.values[0], "") for each in found[1:]] == [0.0, 0.5, 1.0, 1.5, 2.0]


def test_a_record_that_is_not_written_to_its_end_is_read_when_it_is(tmp_path: Path):
    path = tmp_path / "events.out.tfevents.1.host"
    whole = record(event(0, 1.0, scalar("a", 1.0))), record(event(1, 2.0, scalar("a", 2.0)))
    directory = EventDirectory(tmp_path)
    for cut in range(len(whole[1])):
        path.write_bytes(whole[0] + whole[1][:cut])
        assert [each.step for each in EventDirectory(tmp_path).read()] == [0]
    assert [each.step for each in directory.read()] == [0]
    assert list(directory.read()) == []
    path.write_bytes(b"".join(whole))
    assert [each.step for each in directory.read()] == [1]
    assert directory.damage == {}


def test_damage_is_named_and_what_stands_before_it_is_kept(tmp_path: Path):
    path = tmp_path / "events.out.tfevents.1.host"
    first, second = record(event(0, 1.0, scalar("a", 1.0))), record(event(1, 2.0, scalar("a", 2.0)))
    for place in range(len(second)):
        damaged = bytearray(first + second)
        damaged[len(first) + place] ^= 1
        path.write_bytes(damaged)
        found = []
        with pytest.raises(DamagedFileError, match=f"{path.name} is damaged at byte {len(first)}"):
            found.extend(read_records(path))
        directory = EventDirectory(tmp_path)
        assert [each.step for each in directory.read()] == [0]
        assert list(directory.damage) == [path.name]


def test_directories_are_found_at_every_depth(tmp_path: Path):
    for name in ("b", "a/train", "."):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / "events.out.tfevents.1.host").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    found = [path.relative_to(tmp_path).as_posix() for path in event_directories(tmp_path)]
    assert found == [".", "a/train", "b"]


TYPES = {
    1: "f4", 2: "f8", 3: "i4", 4: "u1", 5: "i2", 6: "i1", 8: "c8", 9: "i8", 10: "?", 17: "u2", 18: "c16", 19: "f2",
    22: "u4", 23: "u8",
}  # fmt: skip


@pytest.mark.parametrize(("number", "dtype"), list(TYPES.items()))
def test_tensors_of_every_type_come_as_bytes(number: int, dtype: str):
    array = np.array([[0, 1, 2], [3, 100, 7]]).astype(dtype)
    found = read_tensor(field(1, number) + shape(2, 3) + field(4, array.tobytes()))
    assert found.dtype == array.dtype
    assert np.array_equal(found, array)


@pytest.mark.parametrize(
    ("number", "values", "dtype"),
    [
        (1, field(5, struct.pack("<3f", 1.5, -2, 0)), "float32"),
        (2, field(6, struct.pack("<3d", 1.5, -2, 0)), "float64"),
        (3, field(7, varint(5) + varint(-2) + varint(0)), "int32"),
        (9, field(10, varint(5) + varint(-2) + varint(0)), "int64"),
        (23, field(17, varint(5) + varint(2**64 - 2) + varint(0)), "uint64"),
        (19, field(13, varint(0x3E00) + varint(0xC000) + varint(0)), "float16"),
        (14, field(13, varint(0x3FC0) + varint(0xC000) + varint(0)), "float32"),
    ],
)
def test_tensors_come_as_values_too(number: int, values: bytes, dtype: str):
    expected = {"float": [1.5, -2, 0], "int": [5, -2, 0], "uint": [5, 2**64 - 2, 0]}[dtype.rstrip("0123456789")]
    found = read_tensor(field(1, number) + shape(3) + values)
    assert found.dtype == dtype
    assert found.tolist() == expected


def test_one_value_may_stand_for_all_elements():
    assert read_tensor(field(1, 1) + shape(2, 2) + field(5, struct.pack("<f", 7))).tolist() == [[7, 7], [7, 7]]
    assert read_tensor(field(1, 1) + shape(3)).tolist() == [0, 0, 0]
    assert read_tensor(field(1, 7) + shape(2) + field(8, b"a") + field(8, b"b")).tolist() == [b"a", b"b"]


@pytest.mark.parametrize(
    "message",
    [
        field(1, 1) + shape(1 << 40),
        field(1, 1) + shape(-1),
        field(1, 1) + shape(2) + field(4, b"123"),
        field(1, 1) + shape(1) + field(5, struct.pack("<2f", 1, 2)),
        field(1, 1) + field(5, b"123"),
    ],
)
def test_a_tensor_that_lies_is_refused(message: bytes):
    with pytest.raises(WireError):
        read_tensor(message)


def test_random_bytes_end_in_an_error_or_an_event():
    chance = random.Random(1)
    good = event(3, 1.0, scalar("a", 1.0), tensor_value("t", field(1, 1) + shape(2), "histograms"))
    for _ in range(3000):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            found = read_event(bytes(data))
        except WireError:
            continue
        Rows().row(found)


def test_a_tag_keeps_the_plugin_that_its_first_value_named():
    rows = Rows()
    buckets = field(1, 2) + shape(2, 3) + field(4, np.array([[0, 1, 4], [1, 3, 6]], dtype="<f8").tobytes())
    for data in (tensor_value("w", buckets, "histograms"), tensor_value("w", buckets)):
        found = rows.row(read_event(event(0, 1.0, data)))["w"]
        assert (found.bins, found.histogram) == ([0, 1, 3], [4, 6])
    assert rows.left_out == {}


def test_what_cannot_be_shown_is_counted():
    rows = Rows()
    assert rows.row(read_event(event(0, 1.0, tensor_value("g", field(1, 1) + shape(1), "mesh")))) == {}
    assert rows.row(read_event(event(0, 1.0, tensor_value("i", field(1, 7) + field(8, b"x"), "audio")))) == {}
    assert rows.left_out == {"mesh": 1}
    assert len(rows.refused.sentences()) == 1


def test_text_is_text():
    one = tensor_value("t", field(1, 7) + shape(1) + field(8, "héllo"), "text")
    several = tensor_value("t", field(1, 7) + shape(2) + field(8, "a") + field(8, "b"), "text")
    assert Rows().row(read_event(event(0, 1.0, one))) == {"t": "héllo"}
    assert Rows().row(read_event(event(0, 1.0, several))) == {"t": ["a", "b"]}


def test_buckets_beyond_what_a_histogram_may_have_are_joined():
    found = histogram([1.0] * 1500, [float(edge) for edge in range(1501)])
    assert found is not None
    assert len(found.histogram) == 500
    assert sum(found.histogram) == 1500
    assert (found.bins[0], found.bins[1], found.bins[-1]) == (0, 3, 1500)


def test_edges_that_rounding_has_swapped_rise():
    found = histogram([1.0, 2.0], [0.5, 0.4999, 3.0])
    assert found is not None
    assert found.bins == [0.5, 0.5, 3.0]


def test_hyperparameters_become_the_config():
    def pair(name: str, value: bytes) -> bytes:
        return field(1, field(1, name) + field(2, value))

    pairs = pair("lr", field(2, 0.5)) + pair("name", field(3, "sgd")) + pair("nesterov", field(4, 1)) + pair("no", b"")
    assert hyperparameters(field(1, 0) + field(3, pairs)) == {"lr": 0.5, "name": "sgd", "nesterov": True, "no": None}
    rows = Rows()
    rows.row(read_event(event(0, 1.0, tensor_value("_hparams_/s", b"", "hparams", field(3, pairs)))))
    assert rows.config["lr"] == 0.5
