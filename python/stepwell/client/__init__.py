"""What runs in the training process: settings, the run, its config and summary. Imports nothing by itself."""
