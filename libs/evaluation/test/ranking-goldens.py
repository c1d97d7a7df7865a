"""Writes ranking-goldens.json: AP and nDCG of random rankings by scikit-learn, R@k straight from its definition.

Recipe: python3 -m venv v && v/bin/pip install scikit-learn numpy && v/bin/python libs/evaluation/test/ranking-goldens.py
Scores are all different: scikit-learn shares places among equal ones.
"""
import json
import os
import numpy as np
from sklearn.metrics import average_precision_score, ndcg_score

rng = np.random.default_rng(20262)
cases = []
for _ in range(40):
    queries, candidates = int(rng.integers(1, 12)), int(rng.integers(2, 60))
    rows = []
    for _ in range(queries):
        scores = np.round(rng.permutation(candidates) / candidates - 0.3 + rng.random() * 1e-3, 6)
        relevant = sorted(rng.choice(candidates, size=int(rng.integers(1, min(6, candidates) + 1)), replace=False).tolist())
        rows.append({"scores": scores.tolist(), "relevant": relevant})
    gains = np.zeros((queries, candidates))
    for i, row in enumerate(rows):
        gains[i, row["relevant"]] = 1
    scores = np.array([row["scores"] for row in rows])
    order = np.argsort(-scores, axis=1)
    first = [int(np.min(np.where(np.isin(order[i], rows[i]["relevant"]))[0])) + 1 for i in range(queries)]
    # Binary gains have no gain beyond the relevant ones: its ideal ranking is that of ndcg_score.
    cases.append({
        "queries": rows,
        "map": float(np.mean([average_precision_score(gains[i], scores[i]) for i in range(queries)])),
        "ndcg": {str(k): float(ndcg_score(gains, scores, k=k)) for k in (1, 5, 10)},
        "hit": {str(k): float(np.mean([rank <= k for rank in first])) for k in (1, 5, 10)},
        "medianRank": float(np.median(first)),
    })
with open(os.path.join(os.path.dirname(__file__), "ranking-goldens.json"), "w") as file:
    json.dump(cases, file)
    file.write("\n")
