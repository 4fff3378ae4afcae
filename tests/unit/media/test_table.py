"""`Table`: rows in every form, columns of one type, and the file that is stored."""

import datetime
import subprocess
import sys
import warnings
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import pytest

import stepwell
from stepwell import Classes, Html, Image, Table
from tests.support.recorder import Recorder
from tests.support.tensor import Tensor

PIXELS = np.zeros((2, 3), np.uint8)


def of(*rows: Any, columns: Any = ("a", "b"), **more: Any) -> Table:
    return Table(columns=list(columns), data=list(rows), **more)


def test_the_columns_have_names_by_default(recorder: Recorder):
    table = Table()
    table.add_data("2 + 2", "5", "4")
    table.add_row("1", "1", "1")
    assert recorder.table(table) == {
        "columns": ["Input", "Output", "Expected"],
        "data": [["2 + 2", "5", "4"], ["1", "1", "1"]],
        "column_types": ["string", "string", "string"],
    }


def test_the_record_says_what_the_table_holds(recorder: Recorder):
    record = recorder.record(of([1, "x"], [2, "y"]))
    path = record.pop("path")
    assert path.startswith("media/table/k_")
    assert path.endswith(".table.json")
    assert record == {"_type": "table-file", "ncols": 2, "nrows": 2, "columns": ["a", "b"]}


def not_finite(name: str) -> dict[str, str]:
    return {"_type": "float", "value": name}


@pytest.mark.parametrize("name", ["data", "rows"])
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1, "x"], (2, "y")], [[1, "x"], [2, "y"]]),
        (([1, 2], [3, 4]), [[1, 2], [3, 4]]),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array([[1, "x"]], dtype=object), [[1, "x"]]),
        ([np.array([1.5, 2.5])], [[1.5, 2.5]]),
        (Tensor(np.eye(2)).numpy(), [[1, 0], [0, 1]]),
        (iter([[1, 2]]), [[1, 2]]),
        ([], []),
        (np.zeros((1, 2, 3)), [[[0, 0, 0], [0, 0, 0]]]),
    ],
)
def test_rows_of_any_form_are_stored(recorder: Recorder, name: str, rows: Any, expected: Any):
    if not isinstance(rows, (list, tuple, np.ndarray)):
        rows = [[1, 2]]
    assert recorder.table(Table(columns=["a", "b"], **{name: rows}))["data"] == expected


@pytest.mark.parametrize(
    ("cells", "stored", "kind"),
    [
        ([1, 2.5, np.float32(0.5), np.int64(3)], [1, 2.5, 0.5, 3], "number"),
        ([True, np.bool_(False)], [True, False], "bool"),
        (["x", np.str_("y")], ["x", "y"], "string"),
        ([None, 1, None], [None, 1, None], "number"),
        ([None, None], [None, None], "null"),
        ([float("nan"), -np.inf], [not_finite("NaN"), not_finite("-Infinity")], "number"),
        ([2**60], [{"_type": "int", "value": str(2**60)}], "number"),
        ([[1, "x"], (2,)], [[1, "x"], [2]], "list"),
        ([np.arange(40), np.arange(2)], [list(range(40)), [0, 1]], "list"),
        ([Tensor(np.eye(2))], [[[1, 0], [0, 1]]], "list"),
        ([Tensor(np.array(0.5)), Tensor(np.array(1.5))], [0.5, 1.5], "number"),
        ([[np.arange(2), 1]], [[[0, 1], 1]], "list"),
        ([{"a": 1}, {"a": np.arange(40)}], [{"a": 1}, {"a": list(range(40))}], "dict"),
        ([datetime.date(2024, 1, 2)], ["2024-01-02"], "timestamp"),
        ([pd.NA, 1], [None, 1], "number"),
        (["ü \U0001f389"], ["ü \U0001f389"], "string"),
        (["a", float("nan"), np.float32("nan")], ["a", None, None], "string"),
        ([float("nan"), "a"], [None, "a"], "string"),
        ([True, float("nan")], [True, None], "bool"),
        ([[1], float("nan")], [[1], None], "list"),
        ([{"a": 1}, float("nan")], [{"a": 1}, None], "dict"),
        ([1 + 2j, np.complex64(1j)], ["1+2j", "1j"], "string"),
        ([datetime.timedelta(seconds=5)], ["PT5S"], "other"),
        ([np.ma.masked, 1.5], [None, 1.5], "number"),
        ([np.ma.masked_array([1, 2], mask=[True, False])], [[None, 2]], "list"),
        ([np.datetime64("2024-01-02T00:00:00.000000001")], ["2024-01-02T00:00:00.000000001"], "timestamp"),
    ],
)  # fmt: skip
def test_cells_are_stored_whole(recorder: Recorder, cells: list[Any], stored: list[Any], kind: str):
    file = recorder.table(of(*[[cell] for cell in cells], columns=["a"]))
    assert file["data"] == [[cell] for cell in stored]
    assert file["column_types"] == [kind]


def test_a_cell_whose_library_raises_names_the_key(recorder: Recorder):
    class Closed:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("gone")

    table = of([Closed()], columns=["a"])
    with pytest.raises(TypeError, match=r"'k' has a value of type .*Closed, which cannot be logged"):
        recorder.record(table)


def test_nan_does_not_decide_what_a_column_holds(recorder: Recorder):
    table = of(columns=["a"])
    table.add_data(float("nan"))
    table.add_data("x")
    table.add_data(float("nan"))
    table.add_column("b", ["y", float("nan"), "z"])
    assert recorder.table(table)["data"] == [[None, "y"], ["x", None], [None, "z"]]
    with pytest.raises(TypeError, match="row 3 has a number"):
        table.add_data(1.5, "x")


def test_a_signalling_nan_stops_no_table(recorder: Recorder):
    column = [Decimal("sNaN"), None, float("nan"), pd.NA, Decimal("0.5")]
    table = Table(dataframe=pd.DataFrame({"a": pd.Series(column, dtype=object)}))
    assert recorder.table(table)["data"] == [["sNaN"], [None], [None], [None], ["0.5"]]


def test_times_of_numpy_in_rows_of_an_array_are_times(recorder: Recorder):
    times = np.array([["2024-01-02", "NaT"]], dtype="M8[ns]")
    assert recorder.table(Table(columns=["a", "b"], data=times))["data"] == [["2024-01-02T00:00:00", None]]


def test_names_of_columns_may_be_integers_of_numpy():
    assert Table(columns=[np.int64(1), "b"]).columns == [1, "b"]
    assert Table(columns=pd.Index(["a", "b"])).columns == ["a", "b"]


def test_cells_may_be_media(recorder: Recorder):
    table = of([1, Image(PIXELS)], [2, None], columns=["id", "picture"])
    table.add_column("pages", [[Html("a"), Html("b")], []])
    file = recorder.table(table)
    assert file["column_types"] == ["number", "image-file", "list"]
    (_one, picture, pages), (_two, nothing, none) = file["data"]
    assert (picture["_type"], picture["width"], picture["height"]) == ("image-file", 3, 2)
    assert picture["path"].startswith("media/images/k_")
    assert (pages["_type"], pages["count"]) == ("html-file", 2)
    assert (nothing, none) == (None, [])
    assert len(recorder.files()) == 4, "the table, a picture and two pages"


@pytest.mark.parametrize(
    ("row", "kinds"),
    [
        ([Image(PIXELS)], ["image-file"]),
        ([Image(PIXELS), Image(PIXELS)], ["image-file", "image-file"]),
        ([Image(PIXELS), Html("a"), 5], ["image-file", "html-file", "number"]),
        ([datetime.date(2024, 1, 2), Html("a")], ["timestamp", "html-file"]),
        ([PIL.Image.fromarray(PIXELS), "x"], ["image-file", "string"]),
    ],
)
def test_a_row_of_media_is_a_row(recorder: Recorder, row: list[Any], kinds: list[str]):
    file = recorder.table(Table(columns=list("abc"[: len(row)]), data=[row, row]))
    assert file["column_types"] == kinds
    for stored in file["data"]:
        assert [cell["_type"] if isinstance(cell, dict) else None for cell in stored] == [
            kind if kind.endswith("-file") else None for kind in kinds
        ]


def test_pictures_of_pillow_are_images_in_cells_and_frames(recorder: Recorder):
    frame = pd.DataFrame({"picture": [PIL.Image.fromarray(PIXELS), None]})
    file = recorder.table(Table(dataframe=frame))
    assert file["column_types"] == ["image-file"]
    assert (file["data"][0][0]["_type"], file["data"][1]) == ("image-file", [None])


def test_a_table_is_stored_as_it_is_when_it_is_logged(recorder: Recorder):
    for log_mode in ("IMMUTABLE", "MUTABLE", "INCREMENTAL", None):
        table = Table(columns=["a"], log_mode=log_mode)
        table.add_data(1)
        assert recorder.record(table)["nrows"] == 1
        table.add_data(2)
        assert recorder.record(table)["nrows"] == 2


def test_frames_are_tables(recorder: Recorder):
    frame = pd.DataFrame(
        {
            "name": ["a", None],
            "score": [0.5, float("nan")],
            "n": [1, 2],
            "on": [True, False],
            "at": pd.to_datetime(["2024-01-02", None]),
            "lasts": pd.to_timedelta([1, 2], unit="s"),
            "kind": pd.Categorical(["u", "v"]),
            "maybe": pd.array([1, None], dtype="Int64"),
            "mixed": ["x", 3],
        },
        index=[7, 8],
    )
    record = recorder.record(frame)
    assert (record["_type"], record["nrows"], record["ncols"]) == ("table-file", 2, 9)
    file = recorder.table(Table(dataframe=frame, allow_mixed_types=True))
    assert file["columns"] == list(frame.columns)
    assert file["data"] == [
        ["a", 0.5, 1, True, "2024-01-02T00:00:00", "0 days 00:00:01", "u", 1, "x"],
        [None, not_finite("NaN"), 2, False, None, "0 days 00:00:02", "v", None, 3],
    ]
    assert file["column_types"] == [
        *("string", "number", "number", "bool", "timestamp", "string", "string", "number", "mixed"),
    ]
    with pytest.raises(TypeError, match="'mixed'"):
        Table(dataframe=frame)
    chosen = Table(columns=["n", "name"], data=frame[["name", "n"]])
    assert (chosen.columns, chosen.data) == (["n", "name"], [[1, "a"], [2, None]])


def test_columns_and_rows_are_read():
    table = of([1, "x"], [2, "y"])
    assert table.get_column("b") == ["x", "y"]
    assert table.get_column("a", convert_to="numpy").tolist() == [1, 2]
    assert of([[1, 2], 3]).get_column("a", convert_to="numpy").shape == (1, 2)
    ragged = of([np.zeros(2), 3], [np.zeros(3), 4]).get_column("a", convert_to="numpy")
    assert [each.shape for each in ragged] == [(2,), (3,)]
    assert table.get_index() == [0, 1]
    assert list(table.iterrows()) == [(0, [1, "x"]), (1, [2, "y"])]
    frame = table.get_dataframe()
    assert frame.equals(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}))
    assert (table.columns, table.data) == (["a", "b"], [[1, "x"], [2, "y"]])
    assert repr(table) == "Table(2 rows of ['a', 'b'])"


@pytest.mark.parametrize("data", [[3, 4], np.array([3, 4]), (3, 4)], ids=["list", "array", "tuple"])
def test_a_column_is_added(data: Any):
    table = of([1, "x"], [2, "y"])
    table.add_column("c", data)
    assert table.columns == ["a", "b", "c"]
    assert table.data == [[1, "x", 3], [2, "y", 4]]


def test_columns_can_be_computed_and_begin_a_table():
    table = Table(columns=[])
    table.add_column("a", [1, 2])
    table.add_computed_columns(lambda index, row: {"twice": 2 * row["a"], "index": index})
    assert table.columns == ["a", "twice", "index"]
    assert table.data == [[1, 2, 0], [2, 4, 1]]
    table.add_data(3, 6, 2)
    with pytest.raises(ValueError, match="3 cells"):
        table.add_data(3)


@pytest.mark.parametrize(
    ("dtype", "good", "bad"),
    [
        (int, 1, "x"),
        (float, 1.5, True),
        (np.float32, 1, "x"),
        (np.dtype("int64"), 1, None),
        (str, "x", 1),
        (bool, True, 1),
        (list, [1], 1),
        (np.ndarray, np.zeros(3), 1),
        (dict, {"a": 1}, [1]),
        (Image, Image(PIXELS), Html("a")),
        (Image(PIXELS), Image(PIXELS), 1),
        (Classes([{"id": 1, "name": "a"}]), 1, "x"),
        (datetime.datetime, datetime.datetime(2024, 1, 2), "2024"),
    ],
)
def test_a_column_has_the_type_that_was_said(dtype: Any, good: Any, bad: Any):
    table = Table(columns=["a"], dtype=dtype, optional=bad is not None)
    table.add_data(good)
    with pytest.raises(TypeError, match="column 'a'"):
        table.add_data(bad)
    assert len(table.data) == 1
    later = of([bad], columns=["a"])
    if bad is not None:
        with pytest.raises(TypeError, match="column 'a'"):
            later.cast("a", dtype)
        later.add_data(bad)
    of([good], columns=["a"]).cast("a", dtype, optional=True)


def test_types_and_options_can_be_said_for_each_column():
    table = Table(columns=["a", "b"], dtype=[int, None], optional=[False, True])
    table.add_data(1, None)
    table.add_data(2, "x")
    with pytest.raises(TypeError, match="'a' is not optional, and is None in row 2"):
        table.add_data(None, "x")
    with pytest.raises(TypeError, match="'b' holds string values, and row 2 has a number"):
        table.add_data(3, 4)
    assert len(table.data) == 2


def test_a_column_may_be_mixed_where_that_was_said(recorder: Recorder):
    file = recorder.table(of([1], ["x"], [True], columns=["a"], allow_mixed_types=True))
    assert (file["data"], file["column_types"]) == ([[1], ["x"], [True]], ["mixed"])


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: of([1]), ValueError, r"2 cells, for \['a', 'b'\], not 1"),
        (lambda: of().add_data(1, 2, 3), ValueError, "2 cells.*not 3"),
        (lambda: Table(columns="ab"), TypeError, "columns.*'ab'"),
        (lambda: Table(columns=[1.5]), TypeError, "columns"),
        (lambda: Table(data=5), TypeError, "data.*int"),
        (lambda: Table(data={"a": 1}), TypeError, "data.*dict"),
        (lambda: Table(data=[5]), TypeError, "row 0.*int"),
        (lambda: Table(data=["abc"]), TypeError, "row 0.*str"),
        (lambda: Table(data=np.zeros(3)), TypeError, "1 dimensions"),
        (lambda: Table(dataframe=5), TypeError, "dataframe.*int"),
        (lambda: Table(data=[], rows=[]), TypeError, "only one of data, rows and dataframe"),
        (lambda: Table(columns=["z"], dataframe=pd.DataFrame({"a": [1]})), ValueError, "no column 'z'.*'a'"),
        (lambda: of([1, 2], [3, "x"]), TypeError, "column 'b' holds number values, and row 1 has a string"),
        (lambda: of([1, 2], [3, True]), TypeError, "row 1 has a bool"),
        (lambda: of([1, 2]).add_data(1, "x"), TypeError, "row 1 has a string"),
        (lambda: of([1, None], optional=False), TypeError, "'b' is not optional, and is None in row 0"),
        (lambda: of([1, 2]).add_column("c", [1, 2]), ValueError, "'c' must have 1 values.*not 2"),
        (lambda: of([1, 2]).add_column("a", [1]), ValueError, "'a' already"),
        (lambda: of([1, 2]).add_column("c", [None]), TypeError, "'c' is not optional"),
        (lambda: of([1, 2]).add_column("c", 5), TypeError, "'c'.*int"),
        (lambda: of([1, 2]).get_column("c"), ValueError, "no column 'c'.*'a', 'b'"),
        (lambda: of([1, 2]).get_column("a", convert_to="list"), ValueError, "numpy"),
        (lambda: of([1, 2]).cast("c", int), ValueError, "no column 'c'"),
        (lambda: of([1, 2]).cast("a", str), TypeError, "holds string values, and row 0 has a number"),
        (lambda: of([1, 2]).cast("a", "text"), TypeError, "dtype.*'text'"),
        (lambda: of(dtype=[int]), ValueError, "dtype.*2 items"),
        (lambda: of(optional=[True]), ValueError, "optional.*2 items"),
        (lambda: of(log_mode="ALWAYS"), ValueError, "IMMUTABLE, MUTABLE, INCREMENTAL, not 'ALWAYS'"),
    ],
)
def test_what_makes_no_table_is_refused(call: Any, error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        call()


def test_a_refused_column_leaves_the_table_as_it_was():
    table = of([1, "x"], [2, "y"])
    with pytest.raises(TypeError, match="'c'"):
        table.add_column("c", [1, "x"])
    assert (table.columns, table.data) == (["a", "b"], [[1, "x"], [2, "y"]])
    table.add_data(3, "z")


def test_rows_beyond_the_limit_are_counted_and_said(recorder: Recorder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Table, "MAX_ROWS", 2)
    table = of([1, 2], [3, 4])
    assert "left_out" not in recorder.record(table)
    table.add_data(5, 6)
    with pytest.warns(RuntimeWarning, match=r"'long'.*more than 2 rows; .* 1 are left out.*Table\.MAX_ROWS"):
        record = recorder.record(table, "long")
    assert (record["nrows"], record["left_out"]) == (2, 1)
    table.add_data(7, 8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert recorder.record(table, "long")["left_out"] == 2, "said once, though it has grown"
    assert table.data[2:] == [[5, 6], [7, 8]], "the table itself is whole"
    monkeypatch.setattr(Table, "MAX_ROWS", 4)
    assert recorder.record(table)["nrows"] == 4


def test_a_cell_that_cannot_be_logged_names_the_key(recorder: Recorder):
    with pytest.raises(TypeError, match=r"'k'.*object"):
        recorder.record(of([object(), 1]))


def test_a_table_does_not_bring_numpy_or_pandas():
    script = (
        "import sys; from stepwell import Table; Table(columns=['a'], data=[[1], [2]]).add_data(3);"
        "print([name for name in ('numpy', 'pandas', 'PIL') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_bytes_in_cells_are_read_back(tmp_path: Path):
    with stepwell.init(project="p", id="r", dir=tmp_path / "stepwell") as run:
        run.log({"table": Table(columns=["b"], data=[[b"abc"], [b"\xff\x00\x01"]])})
    with stepwell.Api(tmp_path / "stepwell") as api:
        found = api.run("p/r")
        (row,) = found.scan_history()
        assert found.media(row["table"]).data == [["abc"], [b"\xff\x00\x01"]]
