"""Lower-cased WordPiece, trained on the source's own text, the same at every run."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from scalescope import files
from scalescope.data.sources.json_rows import shortened
from scalescope.errors import BadInput

# One thread a worker: the pipeline runs workers side by side.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PAD, UNK, CLS, SEP, MASK = range(len(SPECIAL))
PREFIX = "##"
SMALLEST_VOCABULARY, MAX_VOCABULARY = 64, 2**16  # ids are stored as uint16
BATCH = 1000  # texts encoded in one call
COMMON = 0.9995  # share of all letters that get a piece of their own in any case
LONGEST_WORD = 1000  # letters; a longer word becomes [UNK] (`tokenizers` would do so from 101 on)
MOST_UNKNOWN = 0.2  # share of [UNK] among the pieces of a text above which it is refused


def train_tokenizer(texts: Iterable[str], vocabulary_size: int, path: str | Path | None = None) -> Tokenizer:
    """Train a lower-cased WordPiece tokenizer and, if `path` is given, save it there (JSON).

    texts: paragraphs. vocabulary_size: number of pieces, the five special ones (ids 0..4: PAD, UNK, CLS, SEP,
    MASK) included; the result may hold fewer if the text is too small. The special pieces are plain
    vocabulary entries: a text that spells "[MASK]" never yields them.
    Raises ValueError for a size outside 64..65536 or below the text's letters, or a text without a word.
    Source: Schuster and Nakajima (2012) as trained by `tokenizers` (byte-pair merges, then WordPiece).
    """
    whole = isinstance(vocabulary_size, int | np.integer) and not isinstance(vocabulary_size, bool)
    if not whole or not SMALLEST_VOCABULARY <= vocabulary_size <= MAX_VOCABULARY:
        raise ValueError(f"vocabulary_size {vocabulary_size!r} lies outside {SMALLEST_VOCABULARY}..{MAX_VOCABULARY}")
    texts = _texts(texts)
    alphabet, inner = letters(texts, vocabulary_size)
    # The Rust trainer numbers the inner letters in hash order, and ties between merges follow those numbers.
    # Handing the letters over as "special" fixes their numbers; they are ordinary pieces afterwards.
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary_size,
        special_tokens=[*SPECIAL, *alphabet, *(PREFIX + letter for letter in inner)],
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        show_progress=False,
    )
    named = {"unk_token": SPECIAL[UNK], "max_input_chars_per_word": LONGEST_WORD}
    rough = _pipeline(models.WordPiece(**named))
    rough.train_from_iterator(texts, trainer)
    tokenizer = _pipeline(models.WordPiece(vocab=rough.get_vocab(), **named))
    if path is not None:
        save_tokenizer(tokenizer, path)
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, path: str | Path) -> None:
    """Write the tokenizer as JSON at `path`, whole or not at all."""
    files.write(Path(path), lambda part: tokenizer.save(str(part)))


def load_tokenizer(path: str | Path) -> Tokenizer:
    """Read a tokenizer written by `train_tokenizer`; raises ValueError naming a file that is not one."""
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as fault:  # `tokenizers` raises bare Exception for any unreadable file
        raise ValueError(f"{path} is not a saved tokenizer: {fault}") from fault
    if tuple(tokenizer.id_to_token(index) for index in range(len(SPECIAL))) != SPECIAL:
        raise ValueError(f"{path}: the first ids of this tokenizer are not {', '.join(SPECIAL)}")
    ours, theirs = (json.loads(one.to_str()) for one in (_pipeline(models.WordPiece()), tokenizer))
    for part in ("normalizer", "pre_tokenizer"):
        if theirs[part] != ours[part]:
            raise ValueError(f"{path}: the {part} of this tokenizer is not that of train_tokenizer: {theirs[part]}")
    if theirs["model"]["type"] != "WordPiece" or tokenizer.get_vocab_size() > MAX_VOCABULARY:
        raise ValueError(f"{path}: a WordPiece tokenizer of at most {MAX_VOCABULARY:,} pieces is expected")
    return tokenizer


def encode_flat(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Encode texts without special tokens.

    Returns (ids uint16 [total], starts int64 [len(texts) + 1]): text i is ids[starts[i]:starts[i + 1]].
    Raises ValueError for another tokenizer, and for what is no list of texts.
    """
    if not isinstance(tokenizer, Tokenizer):
        raise ValueError(f"tokenizer must be one that train_tokenizer or load_tokenizer gives; got {tokenizer!r:.80}")
    texts = _texts(texts)
    pieces = []
    for begin in range(0, len(texts), BATCH):
        batch = tokenizer.encode_batch_fast(texts[begin : begin + BATCH], add_special_tokens=False)
        pieces += [np.array(encoding.ids, dtype=np.uint16) for encoding in batch]
    starts = np.cumsum([0, *map(len, pieces)], dtype=np.int64)
    return np.concatenate([np.zeros(0, np.uint16), *pieces]), starts


def _texts(texts: Iterable[str]) -> list[str]:
    """Texts as a list; a single text, which Python would read letter by letter, and what is no text are refused."""
    if not isinstance(texts, Iterable):
        raise ValueError(f"texts must be a list of texts; got {texts!r:.80}")
    if isinstance(texts, str | bytes):
        raise ValueError(f"texts must be a list of texts; got the text {texts[:40]!r}")
    texts = list(texts)
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"texts must be a list of texts; entry {place} is {text!r:.80}")
    return texts


def unknown_share(ids: np.ndarray) -> float:
    """Share of [UNK] among the pieces of text in `ids`, whatever its shape; 0 where there is none."""
    ids = np.asarray(ids)
    return float(np.mean(found)) if (found := ids[(ids == UNK) | (ids > MASK)] == UNK).size else 0.0


def check_unknown(ids: np.ndarray, what: str, texts: Iterable[str], tokenizer: Tokenizer) -> None:
    """Raise BadInput if over a fifth of the pieces in `ids` are [UNK], naming `what` and the commonest such words."""
    share = unknown_share(ids)
    if share <= MOST_UNKNOWN:
        return
    counts = Counter(word for text in islice(texts, BATCH) for word in words(text))
    lost = [word for word, _ in counts.most_common() if UNK in tokenizer.encode(word, add_special_tokens=False).ids]
    raise BadInput(
        f"{what}: {share:.0%} of its pieces are [UNK] (at most {MOST_UNKNOWN:.0%} are accepted); the train text that "
        f"made the tokenizer lacks letters of words such as {', '.join(shortened(word) for word in lost[:5])}"
    )


def word_starts(tokenizer: Tokenizer) -> np.ndarray:
    """Whether each id begins a word: bool [vocabulary_size], False for pieces that begin with ##."""
    size = tokenizer.get_vocab_size()
    return np.array([not tokenizer.id_to_token(index).startswith(PREFIX) for index in range(size)])


def words(text: str) -> list[str]:
    """Lower-cased words and punctuation marks of a text, as the tokenizer splits it before cutting pieces."""
    return [word for word, _ in _SPLIT.pre_tokenize_str(_NORMALISE.normalize_str(text))]


def _pipeline(model: models.WordPiece) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = _NORMALISE
    tokenizer.pre_tokenizer = _SPLIT
    tokenizer.decoder = decoders.WordPiece(prefix=PREFIX)
    return tokenizer


def letters(texts: Iterable[str], vocabulary_size: int) -> tuple[list[str], list[str]]:
    """Letters that become pieces of their own, and those also seen inside words; most frequent first.

    Raises ValueError for texts without a word and for more letters than a vocabulary of this size has room for.
    """
    chunks: Counter[str] = Counter()
    for text in texts:
        chunks.update(_NORMALISE.normalize_str(text).split())
    found: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    for chunk, count in chunks.items():
        for word, _ in _SPLIT.pre_tokenize_str(chunk):
            for letter in word:
                found[letter] += count
            for letter in word[1:]:
                inside[letter] += count
    if not found:
        raise ValueError("cannot train a tokenizer: the text holds no word")
    ranked = sorted(found, key=lambda letter: (-found[letter], letter))
    share = np.cumsum([found[letter] for letter in ranked]) / found.total()
    # rare scripts must not eat the pieces of a small vocabulary, common letters must all be there
    kept = ranked[: max(int(np.searchsorted(share, COMMON)) + 1, min(1000, vocabulary_size // 8))]
    inner = [letter for letter in kept if inside[letter] > 0]
    needed = len(SPECIAL) + len(kept) + len(inner)
    if needed > vocabulary_size:
        raise ValueError(f"vocabulary_size {vocabulary_size} is below the {needed} letters of this text")
    return kept, inner


_NORMALISE = normalizers.BertNormalizer(lowercase=True)
_SPLIT = pre_tokenizers.BertPreTokenizer()
