"""What tissues look like: HU without contrast and in three phases of it, and grey levels of T1 and T2 weighted MR.

Numbers are typical values of text books, rounded; every drawing varies them.
"""

from dataclasses import dataclass

HOLLOW, AIRY, BONY, MIXED = "hollow", "airy", "bony", "mixed"


@dataclass(frozen=True)
class Tissue:
    """HU [plain, arterial, portal, delayed], MR greys [T1, T2] of 0..255, how much of it is fat, its texture and its kind."""

    hu: tuple[float, float, float, float]
    mr: tuple[float, float]
    fat: float = 0.0
    rough: float = 6.0  # HU of texture
    kind: str = ""


TISSUES = {
    "air": Tissue((-1000, -1000, -1000, -1000), (4, 4), rough=2, kind=AIRY),
    "lung": Tissue((-840, -830, -830, -835), (14, 14), rough=45, kind=AIRY),
    "fat": Tissue((-102, -100, -98, -100), (215, 170), 1.0, 9),
    "skin": Tissue((15, 20, 25, 22), (125, 95)),
    "muscle": Tissue((54, 58, 64, 60), (85, 45), 0.05, 9),
    "soft": Tissue((38, 44, 52, 50), (95, 75), 0.1, 12),
    "mixed": Tissue((38, 44, 52, 50), (95, 75), 0.1, 12, MIXED),
    "liver": Tissue((57, 66, 112, 90), (118, 62)),
    "spleen": Tissue((48, 112, 120, 92), (72, 128)),
    "kidney cortex": Tissue((34, 168, 165, 125), (104, 135)),
    "kidney medulla": Tissue((30, 75, 148, 138), (76, 165)),
    "kidney": Tissue((32, 135, 160, 130), (90, 150)),
    "urine": Tissue((7, 8, 10, 160), (26, 240), rough=4),
    "bile": Tissue((12, 12, 13, 14), (60, 235), rough=4),
    "pancreas": Tissue((40, 95, 92, 72), (122, 85), 0.1, 11),
    "hollow": Tissue((38, 68, 84, 72), (95, 85), 0, 8, HOLLOW),
    "esophagus": Tissue((40, 55, 65, 60), (95, 80)),
    "artery": Tissue((42, 310, 155, 118), (28, 22)),
    "vein": Tissue((42, 80, 158, 122), (38, 45)),
    "portal vein": Tissue((42, 92, 175, 128), (40, 45)),
    "heart cavity": Tissue((42, 235, 150, 115), (55, 60)),
    "myocardium": Tissue((48, 98, 108, 90), (95, 65)),
    "bone": Tissue((210, 225, 235, 225), (140, 90), 0.6, 40, BONY),
    "cartilage": Tissue((90, 92, 95, 95), (110, 100)),
    "cord": Tissue((36, 38, 40, 40), (112, 85), rough=3),
    "fluid": Tissue((8, 9, 10, 12), (30, 245), rough=3),
    "brain": Tissue((35, 38, 40, 40), (115, 95), rough=3),
    "thyroid": Tissue((100, 165, 158, 120), (112, 125)),
    "gland": Tissue((40, 80, 85, 75), (112, 112), 0.15, 9),
    "adrenal": Tissue((25, 68, 75, 52), (102, 85)),
    "prostate": Tissue((38, 62, 85, 80), (92, 110)),
    "prostate rim": Tissue((36, 58, 78, 76), (92, 185)),
    "uterus": Tissue((45, 80, 105, 100), (96, 135)),
    "ovary": Tissue((30, 42, 55, 52), (80, 170)),
}

# The first of these that a name holds decides its tissue.
NAMED = [
    ("costal cartilages", "cartilage"), ("vertebra", "bone"), ("rib", "bone"), ("humerus", "bone"), ("sacrum", "bone"),
    ("sternum", "bone"), ("femur", "bone"), ("tibia", "bone"), ("fibula", "bone"), ("patella", "bone"), ("clavic", "bone"),
    ("scapula", "bone"), ("hip", "bone"), ("coccyx", "bone"), ("skull", "bone"), ("mandible", "bone"), ("bones", "bone"),
    ("meniscus", "cartilage"), ("larynx", "cartilage"), ("sinus fat", "fat"), (" fat", "fat"), ("fat ", "fat"), ("air or gas", "air"),
    ("other soft tissue (approximate)", "soft"), ("skin", "skin"), ("muscle", "muscle"), ("gluteus", "muscle"),
    ("autochthon", "muscle"), ("iliopsoas", "muscle"), ("spinal canal", "fluid"), ("spinal cord", "cord"), ("lung", "lung"),
    ("trachea", "air"), ("bronch", "air"), ("airway", "air"), ("portal", "portal vein"), ("hepatic vein", "vein"), ("vein", "vein"),
    ("vena", "vein"), ("artery", "artery"), ("aorta", "artery"), ("celiac", "artery"), ("brachiocephalic trunk", "artery"),
    ("mesenteric vessel", "vein"), ("myocardium", "myocardium"), ("appendage", "heart cavity"), ("ventric", "heart cavity"),
    ("atrium", "heart cavity"), ("heart", "heart cavity"), ("liver", "liver"), ("spleen", "spleen"), ("cortex", "kidney cortex"),
    ("medulla", "kidney medulla"), ("renal pelvis", "urine"), ("ureter", "urine"), ("kidney cyst", "fluid"), ("kidney", "kidney"),
    ("pancreatic duct", "bile"), ("pancrea", "pancreas"), ("gallbladder", "bile"), ("bile", "bile"), ("urinary bladder", "urine"),
    ("stomach", "hollow"), ("colon", "hollow"), ("caecum", "hollow"), ("rectum", "hollow"), ("appendix", "soft"), ("jejunum", "hollow"),
    ("ileum", "hollow"), ("small bowel", "hollow"), ("duodenum", "hollow"), ("esophagus", "esophagus"), ("oesophagus", "esophagus"),
    ("thyroid", "thyroid"), ("adrenal", "adrenal"), ("peripheral zone", "prostate rim"), ("prostate", "prostate"),
    ("seminal", "prostate rim"), ("uterus", "uterus"), ("cervix", "uterus"), ("vagina", "soft"), ("ovary", "ovary"), ("brain", "brain"),
    ("parotid", "gland"), ("submandibular", "gland"), ("lacrimal", "gland"), ("thymus", "gland"), ("lens", "soft"), ("orbit", "fluid"),
    ("cochlea", "bone"), ("optic", "soft"), ("tonsil", "soft"),
]


def tissue_of(name: str) -> str:
    """The tissue that a structure is drawn as."""
    if name == "body" or name.startswith("body,"):
        return "mixed"
    return next((tissue for word, tissue in NAMED if word in name), "soft")
