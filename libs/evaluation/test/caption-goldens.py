"""Writes caption-goldens.json: words, BLEU, METEOR, ROUGE-L and CIDEr of caption-cases.json, by pycocoevalcap.

Recipe: python3 -m venv v && v/bin/pip install pycocoevalcap==1.2 && v/bin/python libs/evaluation/test/caption-goldens.py
It needs Java. METEOR is called with its exact stage alone and without its own normalisation of words:
-m exact -w 1.0 -p "0.85 0.2 0.6 0.5". The random sentences of a few letters have many possible
alignments, though not so many that METEOR's beam would lose the best.
"""
import json
import os
import random
import subprocess

import pycocoevalcap
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
METEOR = os.path.join(os.path.dirname(pycocoevalcap.__file__) if pycocoevalcap.__file__ else list(pycocoevalcap.__path__)[0], "meteor")


def meteor(items):
    lines = ["SCORE ||| %s ||| %s" % (" ||| ".join(references), candidate) for candidate, references in items]
    command = ["java", "-Xmx1G", "-jar", "meteor-1.5.jar", "-", "-", "-stdio", "-l", "en", "-m", "exact", "-w", "1.0",
               "-p", "0.85 0.2 0.6 0.5"]

    def ask(text):
        return subprocess.run(command, cwd=METEOR, input=text + "\n", capture_output=True, text=True, check=True).stdout.split("\n")

    statistics = ask("\n".join(lines))[: len(lines)]
    answers = ask("EVAL ||| " + " ||| ".join(statistics))
    return float(answers[len(lines)]), [float(answer) for answer in answers[: len(lines)]]


def figures(items):
    references = {i: each[1] for i, each in enumerate(items)}
    candidates = {i: [each[0]] for i, each in enumerate(items)}
    bleu, bleus = Bleu(4).compute_score(references, candidates, verbose=0)
    rouge, rouges = Rouge().compute_score(references, candidates)
    cider, ciders = Cider().compute_score(references, candidates)
    corpus, sentences = meteor(items)
    rounded = lambda values: [round(float(value), 7) for value in values]
    return {
        "bleu": {"corpus": rounded(bleu), "sentences": [rounded(each) for each in zip(*bleus)]},
        "rougeL": {"corpus": round(float(rouge), 7), "sentences": rounded(rouges)},
        "cider": {"corpus": round(float(cider), 7), "sentences": rounded(ciders)},
        "meteorExact": {"corpus": round(corpus, 7), "sentences": rounded(sentences)},
    }


def main():
    with open(os.path.join(HERE, "caption-cases.json")) as file:
        cases = json.load(file)
    texts = [text for case in cases["captions"] for text in [case["candidate"], *case["references"]]] + cases["texts"]
    # An empty line after each: some of the tokenizer's rules look beyond a line's end.
    given = {i: [{"caption": text}, {"caption": "and"}] for i, text in enumerate(texts)}
    words = {text: tokens[0].split() for text, tokens in zip(texts, PTBTokenizer().tokenize(given).values())}
    joined = lambda text: " ".join(words[text])
    items = [(joined(case["candidate"]), [joined(each) for each in case["references"]]) for case in cases["captions"]]
    rng = random.Random(20266)
    sentence = lambda: " ".join(rng.choice(letters) for letters in ["abcdefghijkl"[: rng.randint(6, 12)]] for _ in range(rng.randint(1, 9)))
    letters = [(sentence(), [sentence() for _ in range(rng.randint(1, 5))]) for _ in range(150)]
    goldens = {
        "pycocoevalcap": "1.2",
        "tokens": words,
        "captions": figures(items),
        "random": {"items": [{"candidate": a, "references": b} for a, b in letters], **figures(letters)},
    }
    with open(os.path.join(HERE, "caption-goldens.json"), "w") as file:
        json.dump(goldens, file, ensure_ascii=False)
        file.write("\n")


if __name__ == "__main__":
    main()
