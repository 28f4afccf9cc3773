"""The tokenizer: fixed special ids, lower case, the same pieces at every training."""

import hashlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from scalescope.data.tokenizer import (
    CLS,
    PAD,
    SEP,
    SPECIAL,
    UNK,
    check_unknown,
    encode_flat,
    load_tokenizer,
    save_tokenizer,
    train_tokenizer,
    unknown_share,
    word_starts,
    words,
)
from scalescope.errors import BadInput

# many words of equal frequency, so that the order of merges is decided by ties
TEXTS = [f"The {a}{b} of {b}{a}o saw Café-{a} {b}ing." for a in "abcdefghijk" for b in "lmnopqrst"]


def test_special_ids_and_size():
    tokenizer = train_tokenizer(TEXTS, 100)
    assert [tokenizer.token_to_id(piece) for piece in SPECIAL] == [0, 1, 2, 3, 4]
    assert tokenizer.get_vocab_size() == 100
    assert sorted(tokenizer.get_vocab().values()) == list(range(100))


def test_lower_case_and_no_special_from_text():
    tokenizer = train_tokenizer([*TEXTS, "[MASK] mask [SEP] sep"], 120)
    assert tokenizer.encode("THE CAFÉ", add_special_tokens=False).ids == tokenizer.encode("the cafe").ids
    assert min(tokenizer.encode("[MASK] [SEP] [CLS]").ids) >= 1
    assert not {2, 3, 4} & set(tokenizer.encode("[MASK] [SEP] [CLS]").ids)


@pytest.mark.parametrize("letters", [101, 500, 1000])
def test_long_words_are_cut_into_pieces(letters):
    tokenizer = train_tokenizer(TEXTS, 100)
    ids = tokenizer.encode("ab" * (letters // 2) + "a" * (letters % 2), add_special_tokens=False).ids
    assert UNK not in ids
    assert sum(len(tokenizer.id_to_token(index).removeprefix("##")) for index in ids) == letters


def test_unknown_share():
    tokenizer = train_tokenizer(TEXTS, 100)
    ids, _ = encode_flat(tokenizer, ["the ab"])
    assert unknown_share(ids) == 0
    assert unknown_share(np.array([CLS, UNK, 7, 8, 9, SEP, PAD])) == 0.25
    assert unknown_share(np.array([CLS, SEP])) == 0
    check_unknown(ids, "this text", ["the ab"], tokenizer)
    foreign = ["the \u044f\u0437\u044b\u043a", "w" * 1001]
    ids, _ = encode_flat(tokenizer, foreign)
    with pytest.raises(BadInput, match=r"this text: 67% of its pieces are \[UNK\] \(at most 20%.*such as \w{4}, w{80}"):
        check_unknown(ids, "this text", foreign, tokenizer)


def test_same_pieces_in_two_processes():
    code = (
        "import hashlib\nfrom scalescope.data.tokenizer import train_tokenizer\n"
        f"texts = {TEXTS!r}\n"
        "print(hashlib.sha256(train_tokenizer(texts, 90).to_str().encode()).hexdigest())\n"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    here = hashlib.sha256(train_tokenizer(iter(TEXTS), 90).to_str().encode()).hexdigest()
    assert hashes == {here}


def test_saved_and_loaded_encode_alike(tmp_path):
    tokenizer = train_tokenizer(TEXTS, 100, tmp_path / "deep" / "tokenizer.json")
    loaded = load_tokenizer(tmp_path / "deep" / "tokenizer.json")
    assert loaded.encode(TEXTS[7]).ids == tokenizer.encode(TEXTS[7]).ids
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["tokenizer.json"]


def test_broken_file_is_named(tmp_path):
    path = tmp_path / "tokenizer.json"
    save_tokenizer(train_tokenizer(TEXTS, 100), path)
    path.write_text(path.read_text()[:200])
    with pytest.raises(ValueError, match=r"tokenizer\.json is not a saved tokenizer"):
        load_tokenizer(path)


def test_flat_encoding_and_word_starts():
    tokenizer = train_tokenizer(TEXTS, 100)
    ids, starts = encode_flat(tokenizer, ["the al", "", TEXTS[3]])
    assert ids.dtype == np.uint16
    assert starts[1] == starts[2]
    assert ids[starts[2] :].tolist() == tokenizer.encode(TEXTS[3], add_special_tokens=False).ids
    begins = word_starts(tokenizer)[ids[starts[2] :]]
    assert begins.sum() == len(words(TEXTS[3]))


@pytest.mark.parametrize("size", [10, 70_000])
def test_size_out_of_range(size):
    with pytest.raises(ValueError, match=f"vocabulary_size {size}"):
        train_tokenizer(TEXTS, size)


def test_fewer_pieces_than_letters():
    with pytest.raises(ValueError, match=r"below the \d+ letters"):
        train_tokenizer(["".join(chr(letter) for letter in range(97, 123)) * 2 + "0123456789 " * 9], 64)


def test_rare_letters_stay_unknown():
    tokenizer = train_tokenizer([*TEXTS * 20, "αβγδ εζηθ"], 64)
    assert tokenizer.encode("αβγδ").tokens == ["[UNK]"]


def test_no_words():
    with pytest.raises(ValueError, match="holds no word"):
        train_tokenizer(["", "  "], 100)


@pytest.mark.parametrize("size", [300.5, "300", None, True])
def test_sizes_of_a_vocabulary_that_are_none(size):
    with pytest.raises(ValueError, match=f"vocabulary_size {size!r} lies outside"):
        train_tokenizer(["one two"], size)


def test_one_text_is_no_list_of_texts():
    tokenizer = train_tokenizer(["one two three"], 100)
    for read in (lambda texts: train_tokenizer(texts, 100), lambda texts: encode_flat(tokenizer, texts)):
        with pytest.raises(ValueError, match="must be a list of texts; got the text 'one two'"):
            read("one two")
        with pytest.raises(ValueError, match="entry 1 is 7"):
            read(["one", 7])


@pytest.mark.parametrize("part", ["normalizer", "pre_tokenizer"])
def test_a_tokenizer_that_splits_otherwise_is_refused(tmp_path, part):
    path = tmp_path / "tokenizer.json"
    train_tokenizer(["one two three"], 100, path)
    path.write_text(json.dumps({**json.loads(path.read_text()), part: None}))
    with pytest.raises(ValueError, match=f"the {part} of this tokenizer is not that of train_tokenizer: None"):
        load_tokenizer(path)


@pytest.mark.parametrize("texts", [None, 3, 2.5])
def test_what_is_no_list_of_texts_is_named(texts):
    for read in (
        lambda: encode_flat(train_tokenizer(["one two three"], 100), texts),
        lambda: train_tokenizer(texts, 64),
    ):
        with pytest.raises(ValueError, match=f"texts must be a list of texts; got {texts}"):
            read()


def test_what_is_no_tokenizer_is_named():
    for given in (None, "tokenizer.json", 3):
        with pytest.raises(ValueError, match="tokenizer must be one that train_tokenizer or load_tokenizer gives; got"):
            encode_flat(given, ["one two"])
