"""The independent decoder checks itself: known answers, frames it made, and every flipped bit."""

import msgpack
import pytest

from tests.decoder import Exit, Row, Violation, build_frame, read_frame, read_payload
from tests.decoder.crc32c import crc32c
from tests.decoder.entries import merged_rows
from tests.decoder.frame import Cut

ROWS = [["loss", "name"], [[0], [1, 0]], [[0, 5, 1, 0, 0.5], [9, 6, 2, 1, "ü", 1], [7, 3, -1]]]


def test_the_checksum_has_the_known_answers():
    # RFC 3720, appendix B.4.
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
    assert crc32c(b"123456789") == 0xE3069283


@pytest.mark.parametrize("compress", [True, False])
def test_a_frame_reads_back_with_its_entries(compress: bool):
    data = build_frame(7, 3, msgpack.packb(ROWS), compress=compress)
    frame = read_frame(data)
    assert (frame.header.first, frame.header.last) == (7, 9)
    assert read_payload(frame.payload(), 3) == [
        Row(5, 1, False, {"loss": 0.5}),
        Row(6, 2, True, {"name": "ü", "loss": 1}),
        Exit(3, -1),
    ]


def test_every_flipped_bit_and_every_cut_is_found():
    data = build_frame(7, 3, msgpack.packb(ROWS))
    for bit in range(len(data) * 8):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Violation):
            read_frame(bytes(damaged))
    for length in range(len(data)):
        with pytest.raises(Cut):
            read_frame(data[:length])


def test_rows_of_one_step_merge_and_the_later_value_wins():
    rows = [
        Row(5, 1, False, {"a": 1, "n": {"x": 1, "y": {"z": 2}}}),
        Row(4, 2, False, {"a": 3}),
        Row(5, 3, False, {"a": 2, "n": {"x": 7}, "h": {"_type": "histogram", "bins": [0, 1]}}),
    ]
    assert merged_rows(rows) == {
        4: {"a": 3},
        5: {"a": 2, "n.x": 7, "n.y.z": 2, "h": {"_type": "histogram", "bins": [0, 1]}},
    }
    assert list(merged_rows(rows)) == [4, 5]
