/** Free text → the words that tell structures apart, so that spellings of one name become equal. */

/** Words of a text without case, accents, plural, British spelling and filler. */
export interface Phrase {
  /** In the order they were said. */
  readonly words: readonly string[];
  /** The same in alphabetical order: "kidney, left" = "left kidney". */
  readonly key: string;
  /** Side first, then all letters in one: "gall bladder" = "gallbladder". */
  readonly joined: string;
}

const listed = (words: string): ReadonlySet<string> => new Set(words.split(" "));

/** Said around a name; no structure is told from another by one of these. */
const FILLER = listed(
  "a an the this that these those my of in on at to for from and with please can could you would i want need show me find get give " +
    "draw outline contour delineate mark highlight select locate detect extract segment segmentation mask where what is are " +
    "all both bilateral every whole entire side sided image images picture photo scan slice view " +
    "ct mri mr us xray x ray radiograph ultrasound sonography tomography",
);

const LEFT = "left";
const RIGHT = "right";
/** Latin, German, French, Spanish, Italian and Portuguese, without accents. */
const LEFTS =
  "l lt lh sinister sinistra sinistrum links linke linker linkes linken gauche izquierdo izquierda izquierdos sinistro esquerdo esquerda";
const RIGHTS =
  "r rt rh dexter dextra dextrum rechts rechte rechter rechtes rechten droit droite derecho derecha derechos destro destra direito direita";
const SIDES: ReadonlyMap<string, string> = new Map([
  ...LEFTS.split(" ").map((word) => [word, LEFT] as const),
  ...RIGHTS.split(" ").map((word) => [word, RIGHT] as const),
]);

/**
 * Articles, prepositions and requests of the other languages. Left out only where a text means nothing with them: "LA"
 * is the left atrium.
 */
const FOREIGN_FILLER = listed(
  "der die das den dem des ein eine einen bitte zeige zeig markiere segmentiere beide im auf vom " +
    "le la les l du de d un une s il vous plait segmenter montre montrez les deux " +
    "el los las lo del al por favor muestra segmenta segmentar ambos ambas " +
    "il gli i uno una dello della dei delle mostra segmenta entrambi per favore " +
    "o os as do da dos das um uma no na mostre segmente ambos",
);

/** Chinese and Japanese write a side before the name, without a space. */
const CJK_SIDES: ReadonlyMap<string, string> = new Map([
  ["左", LEFT],
  ["右", RIGHT],
  ["双", ""],
  ["两", ""],
  ["両", ""],
]);

const ORDINALS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(" ");

/** Plurals and British spellings that no rule covers. */
const IRREGULAR: ReadonlyMap<string, string> = new Map([
  ["femora", "femur"],
  ["atria", "atrium"],
  ["ganglia", "ganglion"],
  ["cortices", "cortex"],
  ["lumina", "lumen"],
  ["lens", "lens"],
  ["lenses", "lens"],
  ["grey", "gray"],
  ["disk", "disc"],
  ["disks", "disc"],
  ["fibre", "fiber"],
  ["centre", "center"],
]);

/** Letters of vertebrae. */
const REGIONS: ReadonlyMap<string, string> = new Map([
  ["cervical", "c"],
  ["thoracic", "t"],
  ["lumbar", "l"],
  ["sacral", "s"],
]);

/** Reads a text of any length; letters other than Latin, Chinese and Japanese ones leave no words. */
export function readPhrase(text: string): Phrase {
  return phraseOf(
    vertebrae(plainWords(text))
      .filter((word) => !FILLER.has(word))
      .map(wordForm),
  );
}

/** A phrase without the articles and requests of other languages than English. */
export function withoutForeignFiller({ words }: Phrase): Phrase {
  return phraseOf(words.filter((word) => !FOREIGN_FORMS.has(word)));
}

function phraseOf(words: readonly string[]): Phrase {
  const sides = words.filter(isSide);
  const others = words.filter((word) => !isSide(word));
  return { words, key: words.toSorted().join(" "), joined: [...sides, ...others].join("") };
}

export const isSide = (word: string): boolean => word === LEFT || word === RIGHT;

function plainWords(text: string): string[] {
  const plain = text
    .replace(/(^|[^\p{L}])[dlDL]['’](?=\p{L})/gu, "$1") // French elision: l'œil, d'intubation
    .normalize("NFKD")
    .replace(/[\u0300-\u036f'’`´]/g, "")
    .toLowerCase()
    .replaceAll("œ", "oe")
    .replaceAll("æ", "ae")
    .replaceAll("ß", "ss");
  return (plain.match(WORD) ?? []).flatMap(splitSide);
}

const WORD = /[a-z0-9]+|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3099\u309aー]+/gu;

/** "左肾" → left, 肾. */
function splitSide(word: string): string[] {
  const side = CJK_SIDES.get(word.slice(0, 1));
  if (side === undefined || word.length < 2) return [word];
  return [side, word.slice(1)].filter((part) => part !== "");
}

/** "L 1", "L5S1", "L4-5" and "3rd lumbar" as "l1", "l5 s1", "l4 l5" and "l3". A rib's "L 1" is its side and number. */
function vertebrae(words: readonly string[]): string[] {
  if (words.some((word) => word === "rib" || word === "ribs")) return [...words];
  const text = words
    .join(" ")
    .replace(/\b([ctls]) (\d{1,2})\b/g, "$1$2")
    .replace(/\b([ctls]\d{1,2})([ctls]\d{1,2})\b/g, "$1 $2")
    .replace(/\b([ctls])(\d{1,2}) (\d{1,2})\b/g, "$1$2 $1$3");
  const split = text === "" ? [] : text.split(" ");
  const letter = split.map((word) => REGIONS.get(word)).find((found) => found !== undefined);
  const number = split.map(ordinal).find((word) => /^\d{1,2}$/.test(word));
  if (!letter || !number) return split;
  return split.flatMap((word) => (REGIONS.has(word) ? [letter + number] : ordinal(word) === number ? [] : [word]));
}

const wordForm = (word: string): string => SIDES.get(word) ?? american(singular(ordinal(word)));

/** "1st", "1th", "first", "01" → "1". */
function ordinal(word: string): string {
  const spoken = ORDINALS.indexOf(word);
  if (spoken >= 0) return String(spoken);
  return word.replace(/^0*(\d{1,4})(?:st|nd|rd|th)?$/, "$1");
}

/** English and Latin plurals. Both sides of a comparison pass here, so that a stem need not be a word. */
function singular(word: string): string {
  const irregular = IRREGULAR.get(word);
  if (irregular) return irregular;
  if (word.length < 4) return word;
  return word
    .replace(/ies$/, "y")
    .replace(/(..)ae$/, "$1a")
    .replace(/(..)i$/, "$1us")
    .replace(/(ss|x|ch|sh)es$/, "$1")
    .replace(/([aeiou])ses$/, "$1sis")
    .replace(/([^sui])s$/, "$1");
}

/** Oesophagus, haematoma, tumour. */
const american = (word: string): string => word.replace(/[ao]e/g, "e").replace(/(..)our$/, "$1or");

/** Filler as it reads after `wordForm`. */
const FOREIGN_FORMS: ReadonlySet<string> = new Set(
  [...FOREIGN_FILLER].filter((word) => !SIDES.has(word)).map(wordForm),
);
