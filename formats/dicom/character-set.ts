/** Texts of a source, a character a byte in its own character set (PS3.3 C.12.1.1.2), as Unicode. */

/** Labels of the Encoding Standard for defined terms; what is missing cannot be decoded here. */
const ENCODINGS: Readonly<Record<string, string>> = {
  "ISO_IR 6": "utf-8",
  "ISO_IR 100": "iso-8859-1",
  "ISO_IR 101": "iso-8859-2",
  "ISO_IR 109": "iso-8859-3",
  "ISO_IR 110": "iso-8859-4",
  "ISO_IR 144": "iso-8859-5",
  "ISO_IR 127": "iso-8859-6",
  "ISO_IR 126": "iso-8859-7",
  "ISO_IR 138": "iso-8859-8",
  "ISO_IR 148": "windows-1254",
  "ISO_IR 166": "windows-874",
  "ISO_IR 203": "iso-8859-15",
  "ISO_IR 13": "shift_jis",
  "ISO_IR 192": "utf-8",
  GB18030: "gb18030",
  GBK: "gbk",
  "ISO 2022 IR 87": "iso-2022-jp",
  "ISO 2022 IR 159": "iso-2022-jp",
  "ISO 2022 IR 149": "euc-kr",
  "ISO 2022 IR 58": "gbk",
};

/** An escape sequence of ISO 2022. */
const DESIGNATION = new RegExp(`${String.fromCharCode(27)}[$()\\-,./]*[A-Z0-9]?`, "g");

/** `bytes` has a character a byte. Bytes that the set does not explain become U+FFFD and are never dropped in silence. */
export function decodeText(bytes: string, specificCharacterSet: string | undefined): string {
  if (/^[\x20-\x7e\r\n\t\f]*$/.test(bytes)) return bytes;
  const terms = (specificCharacterSet ?? "").split("\\").map((term) => term.trim());
  // Code extensions: the set that is designated beside the first one explains the bytes that are no ASCII.
  const term = terms.slice(1).find((extension) => extension in ENCODINGS) ?? terms[0] ?? "";
  const encoding =
    ENCODINGS[term.replace(/^ISO 2022 IR (?=(6|100|101|109|110|144|127|126|138|148|166|203|13)$)/, "ISO_IR ")];
  const raw = Uint8Array.from(bytes, (character) => character.charCodeAt(0));
  if (!encoding) return bytes.replaceAll(/[^\x20-\x7e\r\n\t\f]/g, "�");
  const text = new TextDecoder(encoding).decode(raw);
  // Designations of the other sets have no character of their own.
  return encoding === "iso-2022-jp" ? text : text.replaceAll(DESIGNATION, "");
}
