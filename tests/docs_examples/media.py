"""Checks of the examples about audio, video, tables, HTML, molecules and objects in space."""

import json
import wave
from io import BytesIO

import numpy as np
from PIL import Image, ImageSequence

from tests.docs_examples.logged import Logged, without_file

MOLECULES = ("pdb", "pqr", "mmcif", "mcif", "cif", "sdf", "sd", "gro", "mol2", "mmtf")


def check_audio(logged: Logged) -> None:
    run = logged.of("audio")
    (examples,) = run.values("examples")
    (item,) = examples["items"]
    assert (item["_type"], item["caption"], item["sample_rate"]) == ("audio-file", "Nice", 32)
    with wave.open(BytesIO(run.content(item))) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getnframes()) == (32, 1, 320)
        samples = np.frombuffer(sound.readframes(320), "<i2") / 32767
    assert np.allclose(samples, logged.arrays("samples.npy"), atol=1e-4)
    (file,) = run.values("file")
    assert run.content(file) == (logged.directory / "tone.wav").read_bytes()


def check_video(logged: Logged) -> None:
    run, frames = logged.of("video"), logged.arrays("frames.npy")
    for record in run.values("video"):
        assert (record["_type"], record["format"]) == ("video-file", "gif")
        with Image.open(BytesIO(run.content(record))) as gif:
            assert gif.size == (32, 24)
            assert gif.n_frames == len(frames)
            for found, frame in zip(ImageSequence.Iterator(gif), frames, strict=True):
                assert found.info["duration"] == 250, "4 frames per second"
                # A GIF has 256 colours: noise comes back about as it was.
                away = np.abs(np.asarray(found.convert("RGB"), float) - frame.transpose(1, 2, 0))
                assert away.mean() < 25
    original = (logged.directory / "myvideo.mp4").read_bytes()
    (from_path,), (from_memory,) = run.values("example"), run.values("stream")
    assert run.content(from_path) == run.content(from_memory) == original
    assert (from_path["format"], from_path["sha256"]) == ("mp4", from_memory["sha256"])


def check_tables(logged: Logged) -> None:
    run = logged.of("tables")
    rows = [["I love my phone", "1", "1"], ["My phone sucks", "0", "-1"]]
    for record in run.values("examples"):
        assert (record["_type"], record["nrows"], record["ncols"]) == ("table-file", 2, 3)
        table = run.json(record)
        assert table["columns"] == ["Text", "Predicted Label", "True Label"]
        assert table["data"] == rows
    (frame,) = run.values("frame")
    table = run.json(frame)
    assert table["columns"] == ["name", "score", "n"]
    assert table["data"] == [["a", 0.5, 1], ["b", {"_type": "float", "value": "NaN"}, 2]]
    (default,) = run.values("default")
    assert run.json(default)["columns"] == ["Input", "Output", "Expected"]
    (pictures,) = run.values("pictures")
    ((number, picture),) = run.json(pictures)["data"]
    assert number == 1
    assert picture["_type"] == "image-file"
    downloaded = run.run.file(picture["path"]).download(root=str(logged.directory / "cells"))
    with Image.open(getattr(downloaded, "name", downloaded)) as image:
        assert np.array_equal(np.asarray(image), np.full((4, 6, 3), 200, dtype=np.uint8))


def check_html_pages(logged: Logged) -> None:
    run = logged.of("html")
    styled, plain = run.values("custom_file")
    original = (logged.directory / "some.html").read_text(encoding="utf-8")
    assert run.content(plain).decode() == original
    page = run.content(styled).decode()
    assert "<style" in page
    assert "<p>ä</p>" in page
    assert page.index("<style") < page.index("</head>"), "the style belongs into the head"
    (link,) = run.values("custom_string")
    assert '<a href="https://mysite">Link</a>' in run.content(link).decode()


def check_molecules(logged: Logged) -> None:
    run = logged.of("molecules")
    (protein,) = run.values("protein")
    assert (protein["_type"], protein["format"]) == ("molecule-file", "pdb")
    assert run.content(protein) == (logged.directory / "6lu7.pdb").read_bytes()
    for kind in MOLECULES:
        (record,) = run.values(kind)
        assert record["format"] == kind
        assert run.content(record).decode() == f"a molecule as {kind}\n"
    (stream,) = run.values("stream")
    assert (stream["format"], run.content(stream)) == ("sdf", b"from memory\n")


def check_objects(logged: Logged) -> None:
    run = logged.of("objects")
    (samples,) = run.values("generated_samples")
    assert samples["_type"] == "object3D-file"
    assert [item["format"] for item in samples["items"]] == ["obj", "gltf", "glb"]
    for item in samples["items"]:
        assert run.content(item) == (logged.directory / f"sample.{item['format']}").read_bytes()


def check_point_clouds(logged: Logged) -> None:
    run, arrays = logged.of("point_clouds"), logged.arrays("clouds.npz")
    names = ("colour", "category", "xyz")
    for record, name in zip(run.values("point_cloud"), names, strict=True):
        assert without_file(record)["format"] == "npy"
        points = np.load(BytesIO(run.content(record)))
        assert list(record["shape"]) == list(points.shape) == list(arrays[name].shape)
        assert np.array_equal(points, arrays[name])


def check_lidar(logged: Logged) -> None:
    run = logged.of("lidar")
    (record,) = run.values("point_scene")
    assert record["_type"] == "object3D-file"
    scene = json.loads(run.content(record))
    assert scene["type"] == "lidar/beta"
    assert scene["points"] == [[0.4, 1, 1.3], [1, 1, 1], [1.2, 1, 1.2]]
    assert [box["label"] for box in scene["boxes"]] == ["Box", "Box-2"]
    assert [len(box["corners"]) for box in scene["boxes"]] == [8, 8]
    assert scene["boxes"][1]["corners"][3] == [2, 0, 0]
    assert scene["vectors"] == [{"start": [0, 0, 0], "end": [0.1, 0.2, 0.5]}]
