"""spaCy: a text classifier on a blank model, trained by `spacy train` with the logger of spacy-loggers."""

from pathlib import Path

import spacy
from spacy.cli.init_config import init_config
from spacy.cli.train import train
from spacy.tokens import DocBin

nlp = spacy.blank("en")
words = {"GOOD": ["fine", "great", "lovely"], "BAD": ["poor", "awful", "dull"]}
store = DocBin()
for label, adjectives in words.items():
    for adjective in adjectives:
        doc = nlp(f"The film was {adjective} today")
        doc.cats = {name: float(name == label) for name in words}
        store.add(doc)
store.to_disk("data.spacy")
config = init_config(lang="en", pipeline=["textcat"], optimize="efficiency")
config["training"]["logger"] = {
    "@loggers": "spacy.WandbLogger.v5",
    "project_name": "spacy",
    "remove_config_values": ["paths.train", "paths.dev"],
    "model_log_interval": 4,
    "run_name": "first",
    "log_best_dir": "out/model-best",
    "log_latest_dir": "out/model-last",
    "log_custom_stats": ["speed"],
}
config["training"].update(max_steps=8, eval_frequency=2, seed=1)
config.to_disk("config.cfg")
train(Path("config.cfg"), Path("out"), overrides={"paths.train": "data.spacy", "paths.dev": "data.spacy"})
