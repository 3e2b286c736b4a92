"""BabyVLM, its tokenizer, its training stages, and the respondents that are models."""
