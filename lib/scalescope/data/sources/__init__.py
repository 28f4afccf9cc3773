"""Where text and rows come from: the microworld, a folder of files, the Hugging Face hub."""
