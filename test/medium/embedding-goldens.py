"""Writes embedding-goldens.json: the vectors of the sample pictures and of some texts, by Python on the same weights.

Recipe: python3 -m venv v && v/bin/pip install onnxruntime==1.32.0 pillow==13.0.0 numpy==2.4.6 tokenizers==0.23.3
        v/bin/python test/medium/embedding-goldens.py
A picture: RGB, the whole of it stretched to S x S (Pillow, BICUBIC), the output `embedding` at length 1; `features`
through image-projection. A text: WordPiece, cut to 128 ids, one at a time. Vectors are stored times 10,000.
"""
import json
import os

import numpy as np
import onnxruntime
from PIL import Image
from tokenizers import BertWordPieceTokenizer

here = os.path.dirname(os.path.abspath(__file__))
weights = os.path.join(here, "../../models/weights")
samples = os.path.join(here, "../fixtures/samples")
TEXTS = [
    "a dog runs over the grass",
    "cat",
    "Two men play basketball in front of a crowd!",
    "Café, naïve: 東京の犬 👍🏽 …",
    "an astronaut in an orange suit " * 40,
]

tokens = json.load(open(os.path.join(weights, "text/wordpiece-vocab.json"), encoding="utf-8"))["tokens"]
tokenizer = BertWordPieceTokenizer({token: id for id, token in enumerate(tokens)}, lowercase=True)
tokenizer.enable_truncation(128)


def session(name):
    return onnxruntime.InferenceSession(os.path.join(weights, f"{name}.onnx"), providers=["CPUExecutionProvider"])


def unit(vector):
    return vector / np.linalg.norm(vector.astype(np.float64))


def stored(vector):
    return [round(float(value) * 10_000) for value in vector]


encoders = {"efficientnet-lite0": 224, "efficientnet-lite2": 260}
models = {name: session(f"classification/{name}") for name in encoders}
to_joint, reader, text_to_joint = (
    session(name) for name in ("cross-modal/image-projection", "text/minilm-l6-v2", "cross-modal/text-projection")
)


def picture(name):
    image = Image.open(os.path.join(samples, name)).convert("RGB")
    found = {}
    for encoder, side in encoders.items():
        pixels = np.asarray(image.resize((side, side), Image.Resampling.BICUBIC), np.uint8)[None]
        features, embedding = models[encoder].run(["features", "embedding"], {"image": pixels})
        found[encoder] = stored(unit(embedding[0]))
        if encoder == "efficientnet-lite0":
            found["joint"] = stored(to_joint.run(["joint"], {"features": features})[0][0])
    return found


def text(words):
    ids = np.array([tokenizer.encode(words).ids], np.int64)
    states = reader.run(["states"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0]
    return stored(text_to_joint.run(["joint"], {"states": states, "attention_mask": np.ones_like(ids)})[0][0])


result = {
    "pictures": {name: picture(name) for name in sorted(os.listdir(samples)) if name.endswith(".jpg")},
    "texts": {words: text(words) for words in TEXTS},
}
with open(os.path.join(here, "embedding-goldens.json"), "w") as file:
    json.dump(result, file, separators=(",", ":"))
    file.write("\n")
