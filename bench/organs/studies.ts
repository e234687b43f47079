/** The volumes that `bench organs` judges, below the data folder. */

export interface Study {
  readonly title: string;
  readonly image: string;
  /** When the file does not say. */
  readonly modality?: string;
  readonly labels?: string;
  /** Its patient was trained on: fine for function, not for accuracy. */
  readonly trained?: boolean;
  /** Label ids that mean the same as in the trunk's `labels.json`; all when left out. */
  readonly ids?: readonly number[];
  /** What it shows, as a DICOM file would say. */
  readonly region?: string;
  /** Of a volume without labels: names to ask, each on an axial slice. */
  readonly asked?: readonly { readonly name: string; readonly k: number }[];
}

const BRAIN = [
  { name: "lateral ventricle", k: 90 },
  { name: "thalamus", k: 80 },
  { name: "putamen", k: 75 },
  { name: "caudate nucleus", k: 85 },
  { name: "cerebral cortex", k: 100 },
  { name: "cerebral white matter", k: 100 },
  { name: "hippocampus", k: 58 },
  { name: "left hippocampus", k: 58 },
  { name: "brainstem", k: 45 },
  { name: "cerebellum", k: 40 },
  { name: "liver", k: 80 },
  { name: "left kidney", k: 80 },
];

export const STUDIES: readonly Study[] = [
  {
    title: "CT abdomen",
    image: "tests/ct_dicom_j2k/series",
    labels: "tests/ct_dicom_j2k/labels.nii.gz",
    region: "abdomen",
  },
  {
    title: "CT trunk (its patient was trained on)",
    image: "tests/nifti/example_ct_sm.nii.gz",
    labels: "tests/nifti/example_seg.nii.gz",
    trained: true,
    region: "trunk",
  },
  {
    title: "CT spleen",
    image: "tests/nifti/spleen2_ct.nii.gz",
    labels: "tests/nifti/spleen2_seg.nii.gz",
    ids: [1],
    region: "abdomen",
  },
  {
    title: "MR abdomen",
    image: "tests/nifti/example_mr_sm.nii.gz",
    labels: "tests/nifti/example_seg_mr.nii.gz",
    ids: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    region: "abdomen",
  },
  {
    title: "MR brain (MNI152)",
    image: "tests/nifti/mni152_t1.nii.gz",
    modality: "MR",
    asked: BRAIN,
  },
];
