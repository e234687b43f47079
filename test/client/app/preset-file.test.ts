import { expect, test } from "vitest";
import { readPreset } from "../../../client/app/annotate/preset-file.ts";
import { SegmenterError } from "../../../core/errors.ts";

test("a file gives names, and colours and codes where it has them", () => {
  const code = { scheme: "SCT", value: "10200004", meaning: "Liver" };
  const segments = [{ name: " Liver ", colour: "#B5651D", code }, { name: "Lesion" }];
  expect(readPreset(JSON.stringify({ title: "mine", segments }))).toEqual([
    { name: "Liver", colour: "#B5651D", code },
    { name: "Lesion" },
  ]);
});

test.each([
  { name: "no JSON", text: "segments: liver", field: "file" },
  { name: "a list alone", text: "[]", field: "segments" },
  { name: "nothing in it", text: '{"segments": []}', field: "segments" },
  {
    name: "a segment without a name",
    text: '{"segments": [{"name": "liver"}, {"name": " "}]}',
    field: "segments[1].name",
  },
  {
    name: "a colour in words",
    text: '{"segments": [{"name": "liver", "colour": "red"}]}',
    field: "segments[0].colour",
  },
  {
    name: "half a code",
    text: '{"segments": [{"name": "liver", "code": {"scheme": "SCT", "value": "1"}}]}',
    field: "segments[0].code.meaning",
  },
  {
    name: "too many",
    text: JSON.stringify({ segments: Array.from({ length: 257 }, () => ({ name: "x" })) }),
    field: "segments",
  },
])("a file with $name is refused by its field", ({ text, field }) => {
  const read = () => readPreset(text);
  expect(read).toThrow(SegmenterError);
  expect(read).toThrow(expect.objectContaining({ code: "MalformedFile", detail: expect.objectContaining({ field }) }));
});
