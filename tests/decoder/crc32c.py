"""CRC32C (Castagnoli), by the table method of RFC 3720, appendix B.4."""

_POLYNOMIAL = 0x82F63B78  # 0x1EDC6F41 with its bits reversed


def _row(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = [_row(byte) for byte in range(256)]


def crc32c(data: bytes) -> int:
    """Return the checksum of `data`."""
    crc = 0xFFFFFFFF
    table = _TABLE
    for byte in data:
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF
