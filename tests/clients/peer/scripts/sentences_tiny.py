"""sentence-transformers: a random tiny model, trained by its trainer with an evaluator."""

from pathlib import Path

import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers import losses, models
from sentence_transformers.evaluation import EmbeddingSimilarityEvaluator
from transformers import BertConfig, BertModel, BertTokenizer

torch.manual_seed(1)
torch.set_num_threads(1)
words = ["the", "cat", "dog", "sat", "ran", "on", "mat", "road", "fast", "slow"]
Path("tiny").mkdir()
Path("tiny/vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]))
BertTokenizer("tiny/vocab.txt").save_pretrained("tiny")
config = BertConfig(vocab_size=15, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
BertModel(config).save_pretrained("tiny")
transformer = models.Transformer("tiny", max_seq_length=8)
model = SentenceTransformer(modules=[transformer, models.Pooling(transformer.get_word_embedding_dimension())])
first, second = ["the cat sat", "the dog ran", "fast road", "slow mat"], ["cat on mat", "dog on road", "ran", "sat"]
scores = [0.9, 0.8, 0.3, 0.1]
trainer = SentenceTransformerTrainer(
    model=model,
    args=SentenceTransformerTrainingArguments(
        output_dir="out",
        run_name="tiny",
        num_train_epochs=3,
        per_device_train_batch_size=2,
        logging_steps=1,
        eval_strategy="epoch",
        save_strategy="no",
        report_to="wandb",
        seed=1,
        use_cpu=True,
    ),
    train_dataset=Dataset.from_dict({"first": first, "second": second, "score": scores}),
    loss=losses.CosineSimilarityLoss(model),
    evaluator=EmbeddingSimilarityEvaluator(first, second, scores, name="pairs"),
)
trainer.train()
