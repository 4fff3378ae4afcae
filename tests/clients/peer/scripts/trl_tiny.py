"""TRL: preferences (DPO) of a random tiny model, with what its trainer reports."""

import torch
from datasets import Dataset
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast
from tokenizers import Tokenizer, models, pre_tokenizers
from trl import DPOConfig, DPOTrainer

torch.manual_seed(1)
torch.set_num_threads(1)
words = ["<pad>", "<s>", "</s>", "<unk>", *["is", "it", "good", "bad", "yes", "no", "the", "film", "fine", "dull"]]
inner = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, "<unk>"))
inner.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=inner, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>"
)
config = GPT2Config(
    vocab_size=len(words), n_embd=16, n_layer=1, n_head=2, n_positions=32, bos_token_id=1, eos_token_id=2
)
pairs = Dataset.from_dict(
    {
        "prompt": ["is the film good", "is it bad", "the film is", "is it fine"],
        "chosen": ["yes it is", "no", "fine", "yes"],
        "rejected": ["no it is dull", "yes", "bad", "no"],
    }
)
trainer = DPOTrainer(
    GPT2LMHeadModel(config),
    GPT2LMHeadModel(config),
    train_dataset=pairs,
    eval_dataset=pairs,
    processing_class=tokenizer,
    args=DPOConfig(
        output_dir="out",
        beta=0.1,
        max_length=24,
        run_name="dpo",
        max_steps=4,
        per_device_train_batch_size=2,
        logging_steps=1,
        eval_strategy="steps",
        eval_steps=2,
        save_strategy="no",
        report_to="wandb",
        seed=1,
        use_cpu=True,
    ),
)
trainer.train()
