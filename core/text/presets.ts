/** Lists of segments to begin with: names of the vocabulary, with colours and the codes that the vocabulary has for them. */

export interface PresetSegment {
  readonly name: string;
  /** `#rrggbb`; the next of the palette when left out. */
  readonly colour?: string;
  /** Left out where the vocabulary has none, and where the name says a side: an export then codes both by the name. */
  readonly code?: { readonly scheme: string; readonly value: string; readonly meaning: string };
}

const sct = (name: string, colour: string, value: string, meaning: string): PresetSegment => ({
  ...{ name, colour },
  code: { scheme: "SCT", value, meaning },
});
const bare = (name: string, colour: string): PresetSegment => ({ name, colour });

export const PRESETS = {
  abdomen: [
    sct("liver", "#b5651d", "10200004", "Liver"),
    sct("spleen", "#9d5bd2", "78961009", "Spleen"),
    bare("right kidney", "#f57c00"),
    bare("left kidney", "#ffb74d"),
    sct("gallbladder", "#4caf50", "28231008", "Gallbladder"),
    sct("pancreas", "#e8b04b", "15776009", "Pancreas"),
    sct("stomach", "#f4a6a6", "69695003", "Stomach"),
    sct("duodenum", "#9852eb", "38848004", "Duodenum"),
    sct("small bowel", "#ebc552", "30315005", "Small intestine"),
    sct("colon", "#52e4eb", "71854001", "Colon"),
    bare("right adrenal gland", "#eb52b7"),
    bare("left adrenal gland", "#8beb52"),
    sct("aorta", "#e53935", "15825003", "Aorta"),
    sct("inferior vena cava", "#3f7fe0", "64131007", "Inferior vena cava"),
    sct("portal vein and splenic vein", "#26a69a", "110765007", "Portal vein and splenic vein"),
    sct("urinary bladder", "#cb52eb", "89837001", "Urinary bladder"),
  ],
  chest: [
    bare("right lung", "#eb9152"),
    bare("left lung", "#52ebbe"),
    sct("heart", "#c2185b", "80891009", "Heart"),
    sct("aorta", "#e53935", "15825003", "Aorta"),
    sct("pulmonary artery", "#5c8df6", "81040000", "Pulmonary artery"),
    sct("superior vena cava", "#3f7fe0", "48345005", "Superior vena cava"),
    sct("trachea", "#8fd3f4", "44567001", "Trachea"),
    sct("esophagus", "#9852eb", "32849002", "Esophagus"),
    sct("thyroid gland", "#ebc552", "69748006", "Thyroid"),
    sct("sternum", "#52e4eb", "56873002", "Sternum"),
    bare("lung tumor", "#eb52b7"),
  ],
  brain: [
    sct("cerebral cortex", "#eb9152", "40146001", "Cerebral cortex"),
    sct("cerebral white matter", "#52ebbe", "68523003", "Cerebral white matter"),
    sct("lateral ventricle", "#eb52eb", "66720007", "Lateral ventricle"),
    sct("third ventricle", "#beeb52", "49841001", "Third ventricle"),
    sct("fourth ventricle", "#5291eb", "35918002", "Fourth ventricle"),
    sct("thalamus", "#eb5265", "42695009", "Thalamus"),
    sct("caudate nucleus", "#52eb6b", "11000004", "Caudate nucleus"),
    sct("putamen", "#9852eb", "89278009", "Putamen"),
    sct("globus pallidus", "#ebc552", "14738005", "Globus pallidus"),
    sct("hippocampus", "#52e4eb", "5366008", "Hippocampus"),
    sct("amygdala", "#eb52b7", "4958002", "Amygdala"),
    bare("brainstem", "#8beb52"),
    sct("cerebellum", "#525eeb", "113305005", "Cerebellum"),
  ],
  heart: [
    sct("left ventricle", "#eb9152", "87878005", "Left ventricle"),
    sct("myocardium", "#52ebbe", "74281007", "Myocardium"),
    sct("right ventricle", "#eb52eb", "53085002", "Right ventricle"),
    sct("left atrium", "#beeb52", "82471001", "Left atrium"),
    sct("right atrium", "#5291eb", "73829009", "Right atrium"),
    sct("left atrial appendage", "#eb5265", "33626005", "Left auricular appendage"),
    sct("aorta", "#e53935", "15825003", "Aorta"),
    sct("pulmonary artery", "#5c8df6", "81040000", "Pulmonary artery"),
  ],
  spine: [
    sct("spinal cord", "#eb9152", "2748008", "Spinal cord"),
    bare("spinal canal", "#52ebbe"),
    bare("intervertebral disc", "#eb52eb"),
    sct("sacrum", "#beeb52", "54735007", "Sacrum"),
    sct("vertebra L5", "#5291eb", "49668003", "L5 vertebra"),
    sct("vertebra L4", "#eb5265", "11994002", "L4 vertebra"),
    sct("vertebra L3", "#52eb6b", "36470004", "L3 vertebra"),
    sct("vertebra L2", "#9852eb", "14293000", "L2 vertebra"),
    sct("vertebra L1", "#ebc552", "66794005", "L1 vertebra"),
    sct("vertebra T12", "#52e4eb", "23215003", "T12 vertebra"),
    sct("vertebra T11", "#eb52b7", "12989004", "T11 vertebra"),
    sct("vertebra T10", "#8beb52", "7610001", "T10 vertebra"),
    sct("vertebra T9", "#525eeb", "82687006", "T9 vertebra"),
    sct("vertebra T8", "#eb7252", "11068009", "T8 vertebra"),
    sct("vertebra T7", "#52eb9e", "62487009", "T7 vertebra"),
    sct("vertebra T6", "#cb52eb", "45296009", "T6 vertebra"),
    sct("vertebra T5", "#deeb52", "56401006", "T5 vertebra"),
    sct("vertebra T4", "#52b1eb", "73071006", "T4 vertebra"),
    sct("vertebra T3", "#eb5284", "1626008", "T3 vertebra"),
    sct("vertebra T2", "#58eb52", "53733008", "T2 vertebra"),
    sct("vertebra T1", "#7852eb", "64864005", "T1 vertebra"),
    sct("vertebra C7", "#eba552", "87391001", "C7 vertebra"),
    sct("vertebra C6", "#52ebd2", "36054005", "C6 vertebra"),
    sct("vertebra C5", "#eb52d7", "36978003", "C5 vertebra"),
    sct("vertebra C4", "#aaeb52", "5329002", "C4 vertebra"),
    sct("vertebra C3", "#527eeb", "113205007", "C3 vertebra"),
    sct("vertebra C2", "#eb5252", "39976000", "C2 vertebra"),
    sct("vertebra C1", "#52eb7f", "14806007", "C1 vertebra"),
  ],
  pathology: [
    bare("cell nucleus", "#eb9152"),
    bare("gland", "#52ebbe"),
    bare("cancer epithelium", "#eb52eb"),
    bare("tumor stroma", "#beeb52"),
    bare("lymphocyte", "#5291eb"),
    bare("neutrophil", "#eb5265"),
    bare("eosinophil", "#52eb6b"),
    bare("glomerulus", "#9852eb"),
  ],
  eye: [
    bare("optic disc", "#fdd835"),
    bare("optic cup", "#52ebbe"),
    bare("macula", "#eb52eb"),
    bare("foveal avascular zone", "#beeb52"),
    bare("retinal vessel", "#e53935"),
    bare("hard exudate", "#eb5265"),
    bare("soft exudate", "#52eb6b"),
    bare("retinal hemorrhage", "#9852eb"),
    bare("retinal microaneurysm", "#ebc552"),
  ],
} as const satisfies Readonly<Record<string, readonly PresetSegment[]>>;

export type PresetId = keyof typeof PRESETS;
