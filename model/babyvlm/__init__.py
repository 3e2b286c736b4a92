"""BabyVLM: the published architecture on transformers' own classes, and its answering."""
