"""Label volumes of whole bodies: what each label is called, what it is part of, and which tissue it is drawn as."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from data.synth.nifti import read_oriented
from data.synth.tissues import TISSUES, tissue_of
from data.vocabulary import canonical_names, key_of

Array = np.ndarray
TISSUE_IDS = {name: i for i, name in enumerate(TISSUES)}
SAMPLES = 200  # places kept of every structure, to cut through
# Part of a name -> the organ that it belongs to and what the part itself is called, if anybody asks for it.
PARTS = {
    "kidney cortex": ("kidney", "renal cortex"), "kidney medulla": ("kidney", "renal medulla"),
    "renal pelvis": ("kidney", "renal pelvis"), "renal sinus fat": ("kidney", ""), "pancreatic duct": ("pancreas", ""),
    "pancreas": ("pancreas", ""), "ascending colon": ("colon", "ascending colon"), "transverse colon": ("colon", "transverse colon"),
    "descending colon": ("colon", "descending colon"), "rectum and sigmoid colon": ("colon", ""),
    "sigmoid colon": ("colon", "sigmoid colon"), "rectum": ("colon", "rectum"), "caecum": ("colon", "cecum"),
    "appendix": ("colon", "appendix"), "jejunum": ("small bowel", "jejunum"), "ileum": ("small bowel", "ileum"),
    "peripheral zone": ("prostate", "prostate peripheral zone"), "transition zone": ("prostate", "prostate transition zone"),
    "prostate": ("prostate", ""), "ventricular myocardium": ("heart", "myocardium"), "left ventricle": ("heart", "left ventricle"),
    "right ventricle": ("heart", "right ventricle"), "left atrium": ("heart", "left atrium"), "right atrium": ("heart", "right atrium"),
    "coronary artery": ("heart", ""), "hepatic vein": ("liver", ""), "hepatic artery": ("liver", ""), "uterus": ("uterus", ""),
    "cervix": ("uterus", "cervix"), "lung upper lobe": ("lung", "lung upper lobe"), "lung lower lobe": ("lung", "lung lower lobe"),
    "lung middle lobe": ("lung", "lung middle lobe"), "ribs": ("rib", ""), "lung": ("lung", ""),
    "portal vein": ("portal vein and splenic vein", ""), "iliac vena": ("iliac vein", ""), "common iliac vein": ("iliac vein", ""),
    "clavicula": ("clavicle", ""), "main bronchus": ("", ""), "rectus femoris muscle": ("rectus femoris", ""), "hip bone": ("hip", ""),
    "cochlea": ("cochlea", ""), "orbit": ("eyeball", ""), "parotid": ("parotid gland", ""),
}
# Folder, file pattern, labels and share of all draws.
FOLDERS = [
    ("bodies", "*_trunk_filled.nii*", "labels.json", 0.28), ("bodies", "*_whole.nii*", "labels.json", 0.08),
    ("btcv", "filled/*.nii*", "labels_filled.json", 0.36), ("bowel", "*.nii*", "labels.json", 0.08),
    ("xcat", "*.nii*", "labels.json", 0.06),
    ("head-neck", "*.nii*", "labels.json", 0.14),
]
HIDDEN = ("small bowel", "ileum", "stomach")  # partly unlabelled inside the body of two of the bowel maps
UNLABELLED = {"gca_00020": HIDDEN, "gca_00060": HIDDEN}
LIMBS = ("femur", "tibia", "fibula", "patella", "meniscus", "rectus femoris", "hip", "urinary bladder")  # what `*_whole` is cut for
HEAD_NECK_LARGE = 300  # voxels across from which every second one is enough
WORDS_OF_SIDE = ("left", "right", "lt", "rt")


def plain(name: str) -> str:
    """A label's name in lower-case words without its side; the chambers of the heart keep theirs."""
    words = name.lower().replace("_", " ").replace("-", " ").split()
    chamber = any(word in ("ventricle", "atrium") for word in words)
    return " ".join(words if chamber else [word for word in words if word not in WORDS_OF_SIDE])


def organ_and_part(name: str, known: dict[str, str]) -> tuple[str, str]:
    """The vocabulary's names of the organ of a label and of the part that it is; "" for what the vocabulary does not have."""
    if "approximate" in name or name.startswith(("body", "background", "skin")):
        return "", ""
    organ, part = next((pair for word, pair in PARTS.items() if word in name), (name, ""))
    if name.startswith("rib "):
        organ, part = "rib", name
    return known.get(key_of(organ), ""), known.get(key_of(part), "")


def compacted(voxels: Array) -> tuple[Array, Array]:
    """Labels renumbered to 0..n as uint8, and the old label of each."""
    ids = np.flatnonzero(np.bincount(voxels.ravel(order="K").astype(np.int64)))
    if ids[0] != 0:
        ids = np.concatenate([[0], ids])
    rank = np.zeros(int(ids[-1]) + 1, np.uint8)
    rank[ids] = np.arange(len(ids))
    return np.ascontiguousarray(rank[voxels]), ids


def trimmed(voxels: Array, bare: bool) -> Array:
    """Without the empty planes around everything; organs without a body keep one, so that nothing goes on above and below them."""
    occupied = voxels > 0
    found = []
    for axis in range(3):
        lines = np.flatnonzero(occupied.any(tuple(other for other in range(3) if other != axis)))
        found.append(slice(max(0, int(lines[0]) - bare), int(lines[-1]) + 1 + bare))
    return np.ascontiguousarray(voxels[tuple(found)])


@dataclass
class Naming:
    """What the labels 0..n of a volume are: a tissue each, one value per organ, and the names of organs and of parts of organs."""

    tissues: Array
    organs: Array
    alike: Array
    organ_names: dict[int, str]
    part_names: dict[int, str]


def naming_of(raw_names: list[str], hidden: tuple[str, ...] = ()) -> Naming:
    """Sort labels by their names, the first of which is the background; `hidden` organs are not labelled everywhere."""
    known, values, first = canonical_names(), {}, {}
    found = Naming(np.zeros(256, np.uint8), np.zeros(256, np.uint8), np.arange(256), {}, {})
    found.tissues[0] = TISSUE_IDS["air"]
    for value, name in enumerate(map(plain, raw_names)):
        if value == 0:
            continue
        organ, part = organ_and_part(name, known)
        found.tissues[value] = TISSUE_IDS[tissue_of(name)]
        found.alike[value] = first.setdefault(name, value)
        if organ and organ not in hidden:
            found.organs[value] = values.setdefault(organ, len(values) + 1)
            found.organ_names[values[organ]] = organ
            if part:
                found.part_names[value] = part
    return found


@dataclass
class Body:
    """One label volume [x,y,z] towards right, front and up, uint8, isotropic or nearly so."""

    name: str
    source: str
    voxels: Array
    spacing: Array  # mm
    naming: Naming
    bare: bool  # organs only: what is around them has no label
    margin: float = 0.0  # mm of body around organs that come without one
    places: dict[str, Array] = field(default_factory=dict)  # name -> int [n,3] voxels of that organ


def places_of(rng: np.random.Generator, body: Body) -> dict[str, Array]:
    """A few random voxels of every named organ."""
    coarse = body.naming.organs[body.voxels[::2, ::2, ::2]]
    order = np.argsort(coarse, axis=None, kind="stable")
    values, starts = np.unique(coarse.ravel()[order], return_index=True)
    found = {}
    for value, start, end in zip(values, starts, [*starts[1:], coarse.size]):
        if value in body.naming.organ_names:
            picked = order[rng.integers(start, end, SAMPLES)]
            found[body.naming.organ_names[int(value)]] = np.stack(np.unravel_index(picked, coarse.shape), 1) * 2
    return found


def make_body(path: Path, source: str, names: dict[int, str]) -> Body:
    """Read one volume and sort its labels into organs, parts and tissues."""
    oriented, bare = read_oriented(path), source == "head-neck"
    step = 2 if bare and oriented.voxels.shape[0] > HEAD_NECK_LARGE else 1
    voxels, ids = compacted(trimmed(oriented.voxels[::step, ::step], bare))
    name = path.name.split(".")[0]
    naming = naming_of([names.get(int(label), "") for label in ids], UNLABELLED.get(name, ()))
    return Body(name, f"synthetic {source}", voxels, oriented.spacing * [step, step, 1], naming, bare, 40.0 if bare else 0.0)


def load_bodies(root: Path) -> tuple[list[Body], Array]:
    """Every body, and how often each is drawn."""
    rng, bodies, shares = np.random.default_rng(7), [], []
    for folder, pattern, labels, share in FOLDERS:
        paths = sorted((root / folder).glob(pattern))
        names = {int(k): v for k, v in json.loads((root / folder / labels).read_text()).items()} if paths else {}
        kinds = ["limbs" if "_whole" in path.name else path.name.split(".")[0] if folder == "bowel" else folder for path in paths]
        with ThreadPoolExecutor() as pool:
            loaded = list(pool.map(make_body, paths, kinds, [names] * len(paths)))
        for kind, body in zip(kinds, loaded):
            body.places = places_of(rng, body)
            if kind == "limbs":
                body.places = {name: at for name, at in body.places.items() if name in LIMBS}
            bodies.append(body)
            shares.append(share / len(paths))
    return bodies, np.array(shares) / sum(shares)
