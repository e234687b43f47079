/** Body Part Examined (0018,0015; PS3.16 Annex L) → a region of the vocabulary. */

/**
 * As files write them, without spaces. A scan of the abdomen shows the lower ribs and lungs too, and was measured to lose
 * right names with its own region alone, so that all of chest, abdomen and pelvis is the trunk.
 */
const PARTS: Readonly<Record<string, string>> = {
  trunk:
    "ABDOMEN LIVER KIDNEY PANCREAS SPLEEN STOMACH GALLBLADDER ADRENAL UPPERABDOMEN CHEST THORAX LUNG HEART RIB STERNUM " +
    "CLAVICLE MEDIASTINUM ESOPHAGUS PELVIS BLADDER PROSTATE UTERUS OVARY RECTUM HIP ABDOMENPELVIS CHESTABDOMEN " +
    "CHESTABDPELVIS ABDOMENANDPELVIS THORAXABDOMEN TRUNK SPINE CSPINE TSPINE LSPINE SSPINE TLSPINE LSSPINE AORTA",
  head: "HEAD BRAIN SKULL ORBIT SINUS FACE JAW",
  neck: "NECK THYROID CAROTID",
  eye: "EYE RETINA",
  breast: "BREAST",
  limb: "KNEE LEG ANKLE FOOT TOE ARM HAND WRIST ELBOW SHOULDER HUMERUS FOREARM FEMUR THIGH CALF EXTREMITY",
  uterus: "FETUS PREGNANCY",
  gut: "COLON DUODENUM",
  skin: "SKIN",
};

const REGION_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(PARTS).flatMap(([region, parts]) => parts.split(" ").map((part) => [part, region] as const)),
);

/** `undefined` for a part that has no region, or none alone. */
export const regionOf = (bodyPart: string | undefined): string | undefined =>
  REGION_OF.get((bodyPart ?? "").toUpperCase().replace(/[^A-Z]/g, ""));
