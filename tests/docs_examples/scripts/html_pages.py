"""HTML from a file and from a string."""

from pathlib import Path

import stepwell as wandb

Path("some.html").write_text("<html><head><title>T</title></head><body><p>ä</p></body></html>", encoding="utf-8")

wandb.init(project="docs", id="html")

wandb.log({"custom_file": wandb.Html(open("some.html"))})
wandb.log({"custom_string": wandb.Html('<a href="https://mysite">Link</a>')})
wandb.log({"custom_file": wandb.Html(open("some.html"), inject=False)})
