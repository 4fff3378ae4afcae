"""Writes histogram.txt: what numpy 2.4 answers, for the tests of stepwell-sample.

Run as ``python generate.py`` with numpy 2.4.6. One case is four lines:

    <dtype> <bins> <bits of the values in hex, joined by commas, or a rule>
    <counts, joined by commas, run-length as count*times>
    <edges: bits of float64 in hex>  or  fnv <checksum>  or  refused
    (blank)

Only finite values go to numpy; a last edge of -0.0 is written as 0.0. ``refused`` means that numpy raises or
that its edges overflow.
"""

import sys
import warnings

import numpy as np

BINS = (1, 2, 10, 32, 64, 512)
UNSIGNED = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
FLOATS = ("float64", "float32", "float16")
INTEGERS = ("int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8")


def lcg(count, seed):
    """The same 64-bit numbers as in the test: a multiplicative generator's upper halves, in pairs."""
    state, out = seed, []
    for _ in range(count):
        word = 0
        for _ in range(2):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            word = word << 32 | state >> 32
        out.append(word)
    return np.array(out, dtype=np.uint64)


def answer(values, bins):
    """Counts and edges of the finite values, or None where numpy has no good answer."""
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            counts, edges = np.histogram(values, bins)
        except (ValueError, IndexError):
            return None
    if not np.isfinite(edges).all() or counts.sum() != values.size:
        return None
    return counts, edges.astype(np.float64) + 0.0


def floats(dtype):
    """Arrays of one float type, by hand."""
    info, one = np.finfo(dtype), np.dtype(dtype).type
    tiny = info.smallest_subnormal
    rng = np.random.default_rng(7)
    yield []
    yield [np.nan, np.inf, -np.inf]
    yield [1.0]
    yield [0.0] * 5
    yield [-0.0, 0.0]
    yield [-1.0, -0.0]
    yield [3.0, 3.0, np.nan, np.inf, -np.inf]
    yield [2.0 ** (info.nmant + 2)] * 3
    yield np.linspace(0, 1, 33)
    yield np.linspace(-1, 1, 65)
    yield np.linspace(-0.1, 0.7, 65)
    yield np.arange(11) * 0.1
    yield np.arange(0, 33) / 10 - 1.6
    yield rng.normal(size=40)
    yield np.concatenate([rng.normal(size=30), [np.nan, np.inf, -np.inf, np.nan]])
    yield rng.normal(size=40) * 1e-3 + 100
    yield np.exp(rng.normal(size=40))
    yield [one(i) * tiny for i in range(15)]
    yield [tiny * one(i * i) for i in range(30)]
    yield [0.0, tiny]
    yield np.linspace(0, 1, 30).astype(dtype) * info.tiny
    yield [info.min, -1, 0, 1, info.max]
    yield [info.min / 4, -1, 0, 1, info.max / 4]
    yield [info.max, info.max]
    yield [info.max, 0]
    yield [1 + info.eps * i for i in range(20)]
    yield [1 + info.eps * i * 40 for i in range(40)]
    yield np.maximum(rng.normal(size=40), 0)


def integers(dtype):
    """Arrays of one integer type, by hand."""
    info = np.iinfo(dtype)
    low, high = int(info.min), int(info.max)
    rng = np.random.default_rng(9)
    yield []
    yield [3]
    yield [high, high]
    yield [low, low]
    yield [low, high]
    yield [low, 0, 1, 2, high]
    yield range(10)
    yield range(65)
    yield [0, 1]
    yield [high - i for i in range(10)]
    yield [high - i * 13 for i in range(9)]
    yield rng.integers(low, high, 40, endpoint=True, dtype=dtype)
    yield rng.integers(low // 3, high // 3, 40, dtype=dtype)
    if info.bits == 64:
        yield [2**53 + i for i in range(30)]
        yield [2**60 + i * 300 for i in range(30)]
        yield [2**60 + 127, 2**60 + 300, 2**60 + 641]
        yield [2**62 + i * 2**40 for i in range(30)]


def case(out, dtype, bins, values, rule=None):
    """One case."""
    result = answer(values, bins)
    bits = values.view(UNSIGNED[values.dtype.itemsize])
    out.append(f"{dtype} {bins} {rule or ','.join(f'{int(b):x}' for b in bits)}")
    if result is None:
        out += ["-", "refused", ""]
        return
    counts, edges = result
    runs = []
    for count in counts.tolist():
        if runs and runs[-1][0] == count:
            runs[-1][1] += 1
        else:
            runs.append([count, 1])
    out.append(",".join(str(c) if n == 1 else f"{c}*{n}" for c, n in runs))
    # The edges of many bins are summed up by a checksum: FNV-1a over their bytes.
    if bins > 10:
        checksum = 0xCBF29CE484222325
        for byte in edges.tobytes():
            checksum = (checksum ^ byte) * 0x100000001B3 % 2**64
        out.append(f"fnv {checksum:x}")
    else:
        out.append(",".join(f"{b:x}" for b in edges.view(np.uint64).tolist()))
    out.append("")


def main():
    """Writes the file."""
    out = []
    for dtype in FLOATS + INTEGERS + ("bool",):
        if dtype == "bool":
            arrays = [np.array(v, dtype=bool) for v in ([], [0], [1], [0, 1, 1], [1, 0] * 9)]
        else:
            make = floats if dtype in FLOATS else integers
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                arrays = [
                    np.array(list(v)).astype(dtype) if dtype in FLOATS else np.array(list(v), dtype=dtype)
                    for v in make(dtype)
                ]
        for index, array in enumerate(arrays):
            # Each array with half of the bin numbers.
            for bins in BINS[index % 2 :: 2]:
                case(out, dtype, bins, array)
        # Longer arrays of random bits: of all magnitudes, and of one.
        size = np.dtype(dtype).itemsize
        for seed, bins in ((1, 64), (2, 10), (3, 512)):
            words = lcg(3000, seed)
            if dtype == "bool":
                array = (words >> np.uint64(63)).astype(bool)
            else:
                array = (words >> np.uint64(64 - 8 * size)).astype(UNSIGNED[size]).view(dtype)
            case(out, dtype, bins, array, f"bits:{seed}:{len(array)}")
            if dtype in FLOATS:
                array = ((words >> np.uint64(40)).astype(np.float64) / 2.0**24).astype(dtype)
                case(out, dtype, bins, array, f"unit:{seed}:{len(array)}")
    with open(sys.path[0] + "/histogram.txt", "w", encoding="ascii") as file:
        file.write(f"# numpy {np.__version__}; made by generate.py\n" + "\n".join(out))


if __name__ == "__main__":
    main()
