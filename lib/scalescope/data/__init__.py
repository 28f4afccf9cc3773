"""Text and rows to arrays: sources, tokenizer, corpus, masking, tasks."""
