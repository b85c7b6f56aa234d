"""One network a file, checkpoints with a model card, batched prediction."""
