"""Scripts that log media of every type, and the values that a browser has to show of them."""

# Colour of the picture by its step.
COLORS = {0: (200, 30, 40), 10: (30, 160, 60), 40: (40, 60, 210)}
GREY = (128, 128, 128)
# Of two runs, the colours of their pictures by step.
SEVERAL = {"early": {0: (90, 10, 10), 3: (180, 20, 20)}, "late": {3: (10, 90, 10), 8: (20, 180, 20)}}
ROWS = 20_000

TRAINING = f"""
import io, json
import av, numpy as np
import stepwell
from stepwell import Audio, Html, Image, Table, Video

def film():
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        stream = container.add_stream("libvpx-vp9", rate=4)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv420p"
        for value in (0, 80, 160, 240):
            frame = av.VideoFrame.from_ndarray(np.full((32, 64, 3), value, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    open("film.webm", "wb").write(file.getvalue())
    return "film.webm"

PAGE = '''<p id="ran">no</p><pre id="reached"></pre><script>
document.getElementById("ran").textContent = "yes";
const reached = {{}};
const attempt = async (name, act) => {{
  try {{ await act(); reached[name] = true; }} catch (error) {{ reached[name] = false; }}
  document.getElementById("reached").textContent = JSON.stringify(reached);
}};
(async () => {{
  await attempt("cookies", () => document.cookie);
  await attempt("storage", () => localStorage.length);
  await attempt("parent", () => parent.document.title);
  await attempt("top", () => {{ top.location = "about:blank"; }});
  await attempt("fetch", () => fetch(new URL("/api/v1/status", location.href)));
  await attempt("beacon", () => new Promise((onload, onerror) =>
    Object.assign(new Image(), {{ onload, onerror, src: new URL("/icon.svg", location.href) }})));
  await attempt("end", () => 0);
}})();
</script>'''

def score(n):
    return float("nan") if n == 7 else (n * 7919) % {ROWS}

def tile(n):
    return Image(np.full((6, 6), n, np.uint8)) if n < 3 else None

run = stepwell.init(project="media", id="gallery", name="gallery")
for step, color in {COLORS!r}.items():
    run.log({{"picture": Image(np.full((30, 40, 3), color, np.uint8), caption=f"at {{step}}")}}, step=step)
mask = np.zeros((20, 20), np.uint8)
mask[:, :10] = 3
corners = {{"minX": 0.6, "maxX": 0.8, "minY": 0.1, "maxY": 0.4}}
middle = {{"middle": [14, 14], "width": 4, "height": 6}}
run.log({{
    "overlaid": Image(
        np.full((20, 20, 3), {GREY!r}, np.uint8),
        masks={{"truth": {{"mask_data": mask, "class_labels": {{3: "road"}}}}}},
        boxes={{"found": {{"box_data": [
            {{"position": corners, "class_id": 1, "scores": {{"sure": 0.9}}}},
            {{"position": middle, "domain": "pixel", "class_id": 2, "scores": {{"sure": 0.2}}}},
        ], "class_labels": {{1: "cat", 2: "dog"}}}}}},
    ),
    "pair": [Image(np.zeros((8, 8), np.uint8), caption="left"), Image(np.full((8, 8), 255, np.uint8), caption="right")],
    "sound": Audio(np.sin(np.arange(4000) / 9).astype(np.float32), sample_rate=8000, caption="a tone"),
    "film": Video(film(), caption="a film"),
    "animation": Video(np.zeros((3, 3, 16, 24), np.uint8), fps=4, format="gif"),
    "page": Html(PAGE),
    "table": Table(columns=["n", "score", "picture"], data=[[n, score(n), tile(n)] for n in range({ROWS})]),
    "roc": stepwell.plot.roc_curve([0, 1, 1, 0], [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.7, 0.3]]),
}}, step=40)
run.summary["embedding"] = np.linspace(-1, 1, 1000, dtype=np.float32)
run.finish()

for name, pictures in {SEVERAL!r}.items():
    run = stepwell.init(project="several", id=name, name=name)
    for step in range(10):
        row = {{"loss": 1 / (step + 1)}}
        if step in pictures:
            row["picture"] = Image(np.full((30, 40, 3), pictures[step], np.uint8))
        run.log(row, step=step)
    run.finish()
"""


# Logs a picture, and another one once there is a file named "go".
WAITING = """
import pathlib, time
import numpy as np
import stepwell

run = stepwell.init(project="live", id="live")
run.log({"picture": stepwell.Image(np.full((8, 8), 50, np.uint8))}, step=0)
while not pathlib.Path("go").exists():
    time.sleep(0.05)
run.log({"picture": stepwell.Image(np.full((8, 8), 220, np.uint8))}, step=5)
run.finish()
"""
