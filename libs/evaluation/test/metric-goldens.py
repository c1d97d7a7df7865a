"""Writes metric-goldens.json: VOC AP, segmentation figures and ECE of random cases, by another way than src/.

Recipe: python3 -m venv v && v/bin/pip install numpy==2.4.6 && v/bin/python libs/evaluation/test/metric-goldens.py
The inputs stand in the file as well; numpy alone computes the figures, straight from the papers' definitions.
"""
import json
import os
import numpy as np

rng = np.random.default_rng(20261)


def overlap(a, b):
    left, top = np.maximum(a[:2], b[:2])
    right, bottom = np.minimum(a[:2] + a[2:], b[:2] + b[2:])
    shared = max(right - left, 0) * max(bottom - top, 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def curve(truths, found, threshold):
    """As VOCevaldet.m: recall and precision after each prediction; difficult ones stay as they were."""
    used = [False] * len(truths)
    hit, false = np.zeros(len(found)), np.zeros(len(found))
    order = np.argsort([-p["score"] for p in found], kind="stable")
    for at, p in enumerate(np.array(found, dtype=object)[order]):
        best, best_iou = -1, -np.inf
        for j, t in enumerate(truths):
            if t["imageId"] == p["imageId"]:
                iou = overlap(np.array(p["box"]), np.array(t["box"]))
                if iou > best_iou:
                    best, best_iou = j, iou
        if best_iou >= threshold:
            if not truths[best]["ignore"]:
                if used[best]:
                    false[at] = 1
                else:
                    hit[at], used[best] = 1, True
        else:
            false[at] = 1
    objects = sum(not t["ignore"] for t in truths)
    hit, false = np.cumsum(hit), np.cumsum(false)
    with np.errstate(all="ignore"):
        return hit / objects, np.nan_to_num(hit / (hit + false)), objects


def ap_area(recall, precision):
    r = np.concatenate([[0], recall, [1]])
    p = np.maximum.accumulate(np.concatenate([[0], precision, [0]])[::-1])[::-1]
    change = np.where(r[1:] != r[:-1])[0] + 1
    return float(np.sum((r[change] - r[change - 1]) * p[change]))


def ap_11(recall, precision):
    points = [precision[recall >= k / 10].max(initial=0) for k in range(11)]
    return float(np.mean(points))


def voc_case(size):
    truths, found = [], []
    for image in range(1, 1 + size):
        for _ in range(rng.integers(0, 5)):
            box = [int(v) for v in (*rng.integers(0, 60, 2), *rng.integers(5, 40, 2))]
            category = int(rng.integers(1, 4))
            truths.append(dict(imageId=image, categoryId=category, box=box, ignore=bool(rng.random() < 0.2)))
            for _ in range(rng.integers(0, 3)):
                moved = [int(v) for v in np.maximum(np.array(box) + rng.integers(-4, 5, 4), [0, 0, 1, 1])]
                wrong = int(rng.integers(1, 4)) if rng.random() < 0.2 else category
                # Few different scores: ties are part of it.
                found.append(dict(imageId=image, categoryId=wrong, box=moved, score=round(float(rng.random()), 1)))
    case = dict(images=size, truths=truths, predictions=found, figures=[])
    for threshold in (0.5, 0.75):
        for category in (1, 2, 3):
            mine = [t for t in truths if t["categoryId"] == category]
            r, p, objects = curve(mine, [f for f in found if f["categoryId"] == category], threshold)
            area, eleven = (ap_area(r, p), ap_11(r, p)) if objects else (None, None)
            case["figures"].append(dict(threshold=threshold, category=category, area=area, eleven=eleven))
    return case


def segmentation_case(classes, pixels):
    truth = rng.integers(0, classes, pixels)
    predicted = np.where(rng.random(pixels) < 0.6, truth, rng.integers(0, classes, pixels))
    truth[rng.random(pixels) < 0.1] = 255
    kept = truth != 255
    t, p = truth[kept], predicted[kept]
    with np.errstate(all="ignore"):
        iou = np.array([np.sum((t == c) & (p == c)) / np.sum((t == c) | (p == c)) for c in range(classes)])
        accuracy = np.array([np.mean(p[t == c] == c) if np.any(t == c) else np.nan for c in range(classes)])
    share = np.array([np.mean(t == c) for c in range(classes)])
    return dict(
        classes=classes,
        truth=truth.tolist(),
        predicted=predicted.tolist(),
        figures=dict(
            meanIou=float(np.nanmean(iou)),
            pixelAccuracy=float(np.mean(t == p)),
            meanAccuracy=float(np.nanmean(accuracy)),
            frequencyWeightedIou=float(np.nansum(share * iou)),
        ),
    )


def calibration_case(count, bins):
    confidence = np.round(rng.random(count), 3)
    confidence[:4] = [0, 1, 1 / 15, 0.2]
    correct = rng.random(count) < confidence**2
    edges = np.arange(bins + 1) / bins
    ece = mce = 0.0
    for i in range(bins):
        inside = (confidence > edges[i]) & (confidence <= edges[i + 1])
        if i == 0:
            inside |= confidence == 0
        if inside.any():
            gap = abs(correct[inside].mean() - confidence[inside].mean())
            ece, mce = ece + inside.mean() * gap, max(mce, gap)
    return dict(bins=bins, confidence=confidence.tolist(), correct=correct.tolist(), ece=float(ece), mce=float(mce))


goldens = dict(
    recipe="python3 libs/evaluation/test/metric-goldens.py, numpy " + np.__version__ + ", seed 20261",
    voc=[voc_case(size) for size in (1, 3, 6, 10, 10, 20)],
    segmentation=[segmentation_case(*c) for c in ((2, 50), (5, 200), (21, 300), (21, 15))],
    calibration=[calibration_case(*c) for c in ((10, 15), (200, 15), (200, 10))],
)
with open(os.path.join(os.path.dirname(__file__), "metric-goldens.json"), "w") as file:
    json.dump(goldens, file, separators=(",", ":"))
    file.write("\n")
