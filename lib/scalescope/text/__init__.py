"""Documents and masked batches: sources of text, tokenizer, corpus, masking."""
