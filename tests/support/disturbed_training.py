"""The run that is disturbed: `TRAINING` logs as many rows as it is told, in many frames; `rows` has them."""

TRAINING = """
import sys, time
import stepwell
begun = time.monotonic()
run = stepwell.init(project="bad", id="r")
slowest = 0.0
for i in range(int(sys.argv[1])):
    before = time.perf_counter()
    run.log({"i": i, "x": i * 0.1})
    slowest = max(slowest, time.perf_counter() - before)
    if i % 500 == 499:
        time.sleep(0.06)  # makes a frame of its own
logged = time.monotonic()
run.finish()
print(f"logged {logged - begun:.3f} finish {time.monotonic() - logged:.3f} slowest {slowest:.6f}")
"""


def rows(count: int) -> dict[int, dict[str, float]]:
    return {i: {"i": i, "x": i * 0.1} for i in range(count)}
