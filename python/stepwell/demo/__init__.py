"""A real training run to look at: handwritten digits, four processes, one run. See `stepwell.demo.demo`."""
