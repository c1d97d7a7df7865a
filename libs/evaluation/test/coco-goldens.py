"""What pycocotools says about the cases on stdin (one JSON a line, see README.md), as JSON on stdout.

stats: its own figures. checksums: of its arrays precision, scores and recall, sum of value * weight, the weight of
element i (C order) being ((i * 7919) % 1009 + 1) / 1009: every element counts.
"""
import contextlib
import io
import json
import sys

import numpy as np
import pycocotools
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


class Evaluation(COCOeval):
    """pycocotools overwrites `ignore` by `iscrowd`; our cases name theirs `ignored`."""

    def _prepare(self):
        super()._prepare()
        for truths in self._gts.values():
            for truth in truths:
                truth["ignore"] = truth["ignore"] or truth.get("ignored", False)


def coco(data, annotations):
    made = COCO()
    made.dataset = {key: data[key] for key in ("images", "categories")} | {"annotations": annotations}
    made.createIndex()
    return made


def evaluate(data):
    truth = coco(data, data["annotations"])
    found = truth.loadRes(data["predictions"]) if data["predictions"] else coco(data, [])
    run = Evaluation(truth, found, data["type"])
    run.params.useCats = int(data.get("useCategories", True))
    if "maxDetections" in data:
        run.params.maxDets = [1, 10, data["maxDetections"]]
    run.evaluate()
    run.accumulate()
    run.summarize()
    if "maxDetections" in data:
        # summarize() looks for 100 detections here, whatever the parameter.
        precision = run.eval["precision"][:, :, :, 0, -1]
        run.stats[0] = precision[precision > -1].mean() if (precision > -1).any() else -1
    return run


def checksum(array):
    index = np.arange(array.size, dtype=np.int64)
    return float((array.ravel() * ((index * 7919) % 1009 + 1) / 1009).sum())


def main():
    goldens = []
    for line in sys.stdin:
        data = json.loads(line)
        with contextlib.redirect_stdout(io.StringIO()):
            run = evaluate(data)
        goldens.append(
            {
                "type": data["type"],
                "stats": [round(float(value), 9) for value in run.stats],
                "checksums": [round(checksum(run.eval[name]), 7) for name in ("precision", "scores", "recall")],
            }
        )
    lines = ",\n".join(json.dumps(golden) for golden in goldens)
    version = getattr(pycocotools, "__version__", None)
    if version is None:
        from importlib.metadata import version as version_of
        version = version_of("pycocotools")
    print('{"pycocotools": "%s", "cases": [\n%s\n]}' % (version, lines))


if __name__ == "__main__":
    main()
