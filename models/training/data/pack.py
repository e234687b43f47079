"""A smaller copy of the training data, to carry to a machine with a GPU: images up to 448 px as WebP, label volumes without
their empty planes, all in one archive.

    python models/training pack --data ../shared/data/train --out ../packed/data.tar.xz
    tar -xJf data.tar.xz && python models/training train --data train ...
"""

import argparse
import io
import json
import os
import struct
import tarfile
from pathlib import Path

import cv2
import numpy as np

from data.slices import read_index
from data.synth.bodies import FOLDERS, HEAD_NECK_LARGE, trimmed
from data.synth.nifti import Oriented, read_oriented

LONGEST, QUALITY = 448, 75
FULL_SIZE = (  # what they label is thin
    "IDRiD", "old-FIVES-Retinal-Vessel", "fundus_chasedb1", "Ridge-in-Retinopathy-of-Prematurity", "old-Coronary-Artery-Disease",
)
MOST = {"micro_dsb2018": 240}  # slices of a source that are enough
HEADS = 16  # of the brain label maps
LIMBS_BELOW = 0.62  # of the height of a whole body: legs and pelvis


def nifti_bytes(volume: Oriented) -> bytes:
    """A NIfTI-1 file in RAS, as `read_oriented` reads it back."""
    header = bytearray(352)
    codes = {"uint8": 2, "int16": 4, "uint16": 512}
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *volume.voxels.shape, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, codes[volume.voxels.dtype.name], 8 * volume.voxels.dtype.itemsize)
    struct.pack_into("<f", header, 108, 352)
    struct.pack_into("<12f", header, 280, *np.column_stack([np.diag(volume.spacing), np.zeros(3)]).ravel())
    return bytes(header) + volume.voxels.tobytes(order="F")


class Archive:
    """A tar file that is written member by member."""

    def __init__(self, path: Path):
        self.tar = tarfile.open(path, "w:xz", preset=6)

    def add(self, name: str, data: bytes) -> None:
        """One file."""
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        self.tar.addfile(entry, io.BytesIO(data))


def resized(image: np.ndarray, longest: int, interpolation: int) -> np.ndarray:
    """At most so many pixels along the longest side."""
    scale = longest / max(image.shape[:2])
    return image if scale >= 1 else cv2.resize(image, None, fx=scale, fy=scale, interpolation=interpolation)


def pack_slices(archive: Archive, root: Path) -> None:
    """Every training slice with its labels, and the index."""
    rng, lines, counts = np.random.default_rng(0), [], {}
    records = read_index(root, "train")
    for index in rng.permutation(len(records)):
        record = dict(records[index])
        source = record["source"]
        counts[source] = counts.get(source, 0) + 1
        if counts[source] > MOST.get(source, len(records)):
            continue
        longest = 512 if source in FULL_SIZE else LONGEST
        image = cv2.imread(str(root / record["image"]), cv2.IMREAD_COLOR if record["color"] else cv2.IMREAD_GRAYSCALE)
        small = resized(image, longest, cv2.INTER_AREA)
        name = str(Path(record["image"]).with_suffix(".webp"))
        archive.add(f"train/{name}", cv2.imencode(".webp", small, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])[1].tobytes())
        for layer in record["layers"]:
            labels = cv2.imread(str(root / layer), cv2.IMREAD_UNCHANGED)
            labels = cv2.resize(labels, small.shape[1::-1], interpolation=cv2.INTER_NEAREST)
            archive.add(f"train/{layer}", cv2.imencode(".png", labels, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes())
        lines.append(json.dumps(record | {"image": name}))
    archive.add("train/index.jsonl", "\n".join(lines).encode())


def pack_volume(archive: Archive, root: Path, path: Path, *, step: int = 1, bare: bool = False, share: float = 1.0) -> None:
    """One label volume, every `step`-th voxel across and the lowest `share` of it."""
    volume = read_oriented(path)
    voxels = volume.voxels[::step, ::step]
    voxels = trimmed(voxels, bare)
    voxels = voxels[:, :, : int(np.ceil(share * voxels.shape[2]))]
    kind = np.uint8 if voxels.max() < 256 else np.uint16
    name = str(path.relative_to(root)).removesuffix(".gz")
    archive.add(f"train/{name}", nifti_bytes(Oriented(voxels.astype(kind), volume.spacing * [step, step, 1])))


def pack_volumes(archive: Archive, root: Path) -> None:
    """Every label volume that training reads."""
    volumes = root / "label-volumes"
    for folder, pattern, labels, _ in FOLDERS:
        for path in sorted((volumes / folder).glob(pattern)):
            large = folder == "head-neck" and read_oriented(path).voxels.shape[0] > HEAD_NECK_LARGE
            pack_volume(archive, root, path, step=2 if large else 1, bare=folder == "head-neck",
                        share=LIMBS_BELOW if "_whole" in path.name else 1.0)
        archive.add(f"train/label-volumes/{folder}/{labels}", (volumes / folder / labels).read_bytes())
    for path in sorted((volumes / "brain").glob("*.nii.gz"))[:HEADS]:
        pack_volume(archive, root, path)
    for path in [*(volumes / "trunk").glob("*.nii.gz"), volumes / "trunk" / "labels.json", volumes / "brain" / "labels.json"]:
        archive.add(f"train/{path.relative_to(root)}", path.read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("PROMPTOMY_DATA", "../shared/data") + "/train")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    Path(args.out).parent.mkdir(parents=True, exist_ok=True)
    archive = Archive(Path(args.out))
    pack_slices(archive, Path(args.data))
    pack_volumes(archive, Path(args.data))
    archive.tar.close()
    print(Path(args.out).stat().st_size)

