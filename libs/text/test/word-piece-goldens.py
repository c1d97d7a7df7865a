"""Writes word-piece-goldens.json: what Hugging Face's `tokenizers` makes of awkward texts, and of every character.

Recipe: python3 -m venv v && v/bin/pip install tokenizers==0.23.3 && v/bin/python libs/text/test/word-piece-goldens.py
Special tokens are not registered with it, so their names in a text are plain text, as they are here.
"""
import json
import os
import random
import unicodedata

import tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

here = os.path.dirname(os.path.abspath(__file__))
file = os.path.join(here, "../../../models/weights/text/wordpiece-vocab.json")
tokens = json.load(open(file, encoding="utf-8"))["tokens"]
ids = {token: id for id, token in enumerate(tokens)}

reference = Tokenizer(models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
reference.normalizer = normalizers.BertNormalizer(
    clean_text=True, handle_chinese_chars=True, strip_accents=True, lowercase=True
)
reference.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
reference.post_processor = processors.BertProcessing(("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))

WRITTEN = [
    "",
    " ",
    "\t\n\r",
    "a dog runs over the grass",
    "Two dogs, one cat -- and 3 birds!",
    "Café déjà vu, naïve coöperation, Ærøskøbing, Łódź, Straße, İstanbul, ñandú",
    "ΑΣ ΟΔΥΣΣΕΥΣ Σίσυφος ΐ ΰ ὈΔΥΣΣΕΎΣ",
    "Съешь ещё этих мягких французских булок, ЙОД",
    "東京の犬 走る 猫が好き 我爱北京天安门 漢字kanji漢字 𠀀𠀁 \U0002b820\U0002f800 豈",
    "한국어 강아지가 달린다 \u1112\u1161\u11ab\u1100\u1173\u11af ㅎㅏㄴ",
    "עברית שָׁלוֹם עוֹלָם العَرَبِيَّة مرحبا ؟ ، ۱۲۳ فارسی‌ها",
    "नमस्ते दुनिया বাংলা தமிழ் ไทยภาษา ລາວ ខ្មែរ မြန်မာ ქართული ᲥᲐᲠᲗᲣᲚᲘ Հայերեն ኢትዮጵያ",
    "👩‍👩‍👧‍👦 family 👍🏽 ok 🏳️‍🌈 flag 🇩🇪 1️⃣ ❤️ dog🐕dog ☕",
    "soft\u00adhyphen zero\u200bwidth\u200cnon\u200djoiner\u2060word \ufeffbom a\u180eb",
    "nul\0 bell\x07 esc\x1b[31m del\x7f c1\x85next\x9f vt\x0bff\x0c fffd\ufffd private\ue000\U000f0000",
    "nbsp\u00a0thin\u2009ideographic\u3000ogham\u1680line\u2028para\u2029narrow\u202fend",
    "rtl \u202eoverride\u202c isolate \u2066x\u2069 mark\u200f\u200e",
    "$100 + 5% = <b>x</b> ^ `code` | ~tilde~ \\ @home #tag & _under_score_ {}[]()",
    "€5 £3 ¥7 © ® ™ ° ± × ÷ ¬ ¦ § ¶ · ¿qué? ¡hola! «guillemets» „quotes“ ‚x‘ … – — ‐ ‑ † ‡ • ′ ″",
    "→ ← ↑ ∀x∈ℝ ∑ √2 ≤ ≥ ≠ ∞ ½ ¾ ² ³ ₁ Ⅳ ① ㎏ ﬁ ﬂ ﷺ ｆｕｌｌｗｉｄｔｈ　１２３！",
    "don't can't it's o'clock rock'n'roll ’tis “quoted” e-mail co-op U.S.A. 3.14 1,000,000 10:30 1/2 a/b",
    "[CLS] [SEP] [UNK] [PAD] [MASK] [unused1] ##ing ## #",
    "https://example.org/a?b=c&d=%20e#f me@example.org C:\\dir\\file.txt /usr/bin",
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich",
    "z\u0351\u0334a\u0321\u0337l\u0335\u0315g\u031a\u0336o\u0337\u034b zalgo",
    "cafe\u0301 ano\u0303 A\u030angstro\u0308m \u212bngstr\u00f6m \u2126 \u212a",
    "mixedCASE iPhone McDonald NASA ǅ ǆ Ǆ ﬀ ẞ ß ŉ ǰ ΐ և",
    "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis floccinaucinihilipilification",
    "a" * 99,
    "a" * 100,
    "a" * 101,
    "e\u0301" * 100,
    "e\u0301" * 101,
    "𝕒" * 100 + " " + "𝕒" * 101,
    "ab" * 60 + " dog",
    "1234567890 12345678901234567890 0x1F 1e-5 007 ٣٤ ४५",
    "dog " * 126,
    "dog " * 127,
    "dog. " * 63,
    "unaffable " * 200,
    "x" * 10000,
    ("the quick brown fox jumps over the lazy dog. " * 230)[:10000],
    "犬" * 10000,
    "! " * 5000,
]
LETTERS = (
    "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789"
    "áàâäãåæçéèêëíñóöøúüßÿÁÉÎÕÜŠžŁőğışĐ"
    "αβγΔΣΩςάЖщйЁ"
    "犬猫山川あいアイ한글각"
    "שלםَمرحباनमस्"
    ".,;:!?-_'\"()[]{}<>/\\|@#$%^&*+=~`"
    "¡¿«»–—…„“”’•·§¶€£¥©®™°±×÷½²"
    "\u0301\u0308\u0327\u20dd\u200b\u200d\ufe0f\u00ad\ufeff\u0000\u0007\u0085\ufffd\ue000"
    "🐕👍🏽❤☕🇩🇪𝒜"
    " \t\n\r\u00a0\u2003\u3000"
)


def made(count):
    """Words of the vocabulary and letters of many scripts, mixed."""
    random.seed(20262)
    for _ in range(count):
        parts = []
        for _ in range(random.randint(1, 14)):
            kind = random.random()
            if kind < 0.4:
                parts.append(random.choice(tokens).removeprefix("##"))
            elif kind < 0.7:
                parts.append("".join(random.choices(LETTERS, k=random.randint(1, 8))))
            elif kind < 0.85:
                parts.append(random.choice(tokens).upper())
            else:
                parts.append("".join(random.choice(tokens).removeprefix("##") for _ in range(3)))
        text = random.choice(["", " ", " "]).join(parts)
        yield unicodedata.normalize(random.choice(["NFC", "NFD"]), text)


def encoded(text, length):
    reference.enable_truncation(length)
    short = reference.encode(text).ids
    reference.no_truncation()
    return short, len(reference.encode(text).ids) > length


def cases():
    for at, text in enumerate([*WRITTEN, *made(400)]):
        length = 40 if at % 4 == 3 else 128
        result, truncated = encoded(text, length)
        yield {"text": text, "maxLength": length, "ids": result, "truncated": truncated}


def ranges(members):
    found = []
    for code in members:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def classes():
    """What becomes of a character between a and b: gone, a blank, a word of its own, or part of the word.

    Only characters of Unicode 3.2: the class of a younger one depends on whose tables are younger.
    """
    old = unicodedata.ucd_3_2_0
    found = {"dropped": [], "blank": [], "alone": [], "kept": []}
    for code in range(0x110000):
        if old.category(chr(code)) in ("Cn", "Cs"):
            continue
        text = reference.normalizer.normalize_str(f"a{chr(code)}b")
        words = [word for word, _ in reference.pre_tokenizer.pre_tokenize_str(text)]
        kind = {1: "dropped" if words == ["ab"] else "kept", 2: "blank", 3: "alone"}[len(words)]
        found[kind].append(code)
    return {kind: ranges(codes) for kind, codes in found.items()}


with open(os.path.join(here, "word-piece-goldens.json"), "w") as out:
    out.write('{"tokenizers": "%s",\n"classes": {\n' % tokenizers.__version__)
    out.write(",\n".join(f'"{kind}": {json.dumps(codes, separators=(",", ":"))}' for kind, codes in classes().items()))
    out.write('},\n"cases": [\n')
    out.write(",\n".join(json.dumps(case, separators=(",", ":")) for case in cases()))
    out.write("\n]}\n")
