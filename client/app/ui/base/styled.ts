/**
 * Styles of one element as properties. Lit's own `styleMap` writes its first values as an inline style attribute, which
 * a content security policy without `unsafe-inline` refuses.
 */
import { noChange } from "lit";
import { Directive, directive, type ElementPart, type PartInfo, PartType } from "lit/directive.js";

export type Styles = Readonly<Record<string, string>>;

class Styled extends Directive {
  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new RangeError("styled() stands among the attributes of an element.");
  }

  render(_styles: Styles) {
    return noChange;
  }

  override update({ element }: ElementPart, [styles]: [Styles]) {
    // Templates of this viewer style HTML elements only.
    const { style } = element as HTMLElement;
    for (const [name, value] of Object.entries(styles)) style.setProperty(name, value);
    return noChange;
  }
}

/** `<i ${styled({ top: "4px" })}></i>`: the same names must be given each time. */
export const styled = directive(Styled);
