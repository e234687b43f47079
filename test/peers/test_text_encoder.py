"""Text encoders that people bring: real weights of the BERT family, and CLIP's real tokens, from folders in the hub's layout."""

import gzip
import io
import json
import subprocess
import sys
import zipfile

import minilm
import numpy as np
import onnx
import pytest
from conftest import ROOT, serve
from onnx import TensorProto, helper, numpy_helper

CACHE = ROOT / ".cache" / "text-encoders"
# The first example of sentence-transformers' documentation, and the similarities that it prints for this model.
SENTENCES = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
SIMILARITIES = [0.6660, 0.1046, 0.1411]
# OpenAI's and everybody's ids of this sentence.
CAT = [49406, 320, 1125, 539, 320, 2368, 49407]


def node(script, *args):
    """What a module script prints, as JSON; it runs beside the built server."""
    command = ["node", "--input-type=module", "-e", script, "--", *map(str, args)]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def names(phrase, folder, cache):
    command = ["node", str(ROOT / "dist/server/cli.js"), "names", phrase, "--json", "--quiet"]
    done = subprocess.run([*command, "--text-encoder", str(folder), "--cache-dir", str(cache)], check=True, capture_output=True, text=True)
    return [term["name"] for term in json.loads(done.stdout)]


@pytest.fixture(scope="module")
def bert():
    return minilm.build(CACHE / "all-MiniLM-L6-v2")


@pytest.fixture(scope="module")
def server(bert, tmp_path_factory):
    with serve(tmp_path_factory.mktemp("cache"), "--text-encoder", str(bert)) as running:
        yield running


def test_sentences_are_as_alike_as_their_documentation_says(bert):
    vectors = node(
        """
        const { openTextFolder } = await import("./dist/server/text/folder.js");
        const { openTextEncoder } = await import("./dist/server/text/encoder.js");
        const [folder, ...texts] = process.argv.slice(1);
        const encoder = await openTextEncoder(await openTextFolder(folder), { threads: 1 });
        console.log(JSON.stringify((await encoder.encode(texts)).map((vector) => [...vector])));
        """,
        bert,
        *SENTENCES,
    )
    first, second, third = (np.array(vector) for vector in vectors)
    assert [first @ second, first @ third, second @ third] == pytest.approx(SIMILARITIES, abs=2e-4)


def test_free_phrases_find_their_structure_among_the_first_three(server):
    ids = {term["name"]: term["id"] for term in server.json("/v1/vocabulary")}
    lines = (ROOT / "test/fixtures/free-phrases.tsv").read_text().splitlines()
    phrases = [line.split("\t") for line in lines if not line.startswith("#")]
    assert len(phrases) >= 60
    answers = [(server.json("/v1/text-prompts", {"text": phrase}), terms.split()) for _, phrase, terms in phrases]
    assert not any(answer["known"] for answer, _ in answers)
    found = [any(ids[name] in terms for name in answer["suggestions"][:3]) for answer, terms in answers]
    assert sum(found) / len(found) >= 0.8


def test_a_phrase_is_refused_as_a_prompt_with_what_it_may_mean(server):
    [study] = server.json("/v1/studies")
    request = {"imageId": study["imageId"], "slice": 40, "prompts": [{"kind": "text", "text": "gland that makes insulin"}]}
    problem = server.problem("/v1/masks", request)
    assert problem["status"] == 422 and problem["code"] == "UnknownTerm"
    assert "pancreas" in problem["info"]["suggestions"][:3]


def test_the_command_line_says_what_a_phrase_may_mean(bert, tmp_path):
    assert "pancreas" in names("gland that makes insulin", bert, tmp_path)[:3]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """CLIP's real tokenizer (openai/CLIP, MIT, as open_clip ships it), and a graph with the contract of its text tower."""
    folder = tmp_path_factory.mktemp("clip")
    wheels = tmp_path_factory.mktemp("wheels")
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(wheels), "open-clip-torch"], check=True)
    [wheel] = wheels.glob("*.whl")
    packed = zipfile.ZipFile(wheel).read("open_clip/bpe_simple_vocab_16e6.txt.gz")
    merges = gzip.open(io.BytesIO(packed), "rt", encoding="utf-8").read().split("\n")[1 : 49152 - 256 - 2 + 1]
    write_clip(folder, merges)
    return folder


def write_clip(folder, merges):
    """The hub's `tokenizer.json` of CLIP, made of the merges; and vectors that depend on every token."""
    letters = list(bytes_to_letters())
    words = [*letters, *(letter + "</w>" for letter in letters), *(merge.replace(" ", "") for merge in merges)]
    vocab = {word: n for n, word in enumerate([*words, "<|startoftext|>", "<|endoftext|>"])}
    pattern = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    ends = {"sep": ["<|endoftext|>", 49407], "cls": ["<|startoftext|>", 49406]}
    model = {"type": "BPE", "unk_token": "<|endoftext|>", "continuing_subword_prefix": "", "end_of_word_suffix": "</w>"}
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Removed", "invert": True}
    spaces = {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}
    tokenizer = {
        "version": "1.0",
        "added_tokens": [{"id": vocab[name], "content": name, **plain} for name in ("<|startoftext|>", "<|endoftext|>")],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, spaces, {"type": "Lowercase"}]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}]},
        "post_processor": {"type": "RobertaProcessing", **ends, "trim_offsets": False, "add_prefix_space": False},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True},
        "model": {**model, "vocab": vocab, "merges": [merge for merge in merges if merge]},
    }
    (folder / "onnx").mkdir()
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "config.json").write_text(json.dumps({"model_type": "clip", "text_config": {"max_position_embeddings": 77}}))
    table = np.random.default_rng(1).standard_normal((len(vocab), 64), dtype=np.float32)
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["tokens"]),
        helper.make_node("ReduceMean", ["tokens"], ["text_embeds"], axes=[1], keepdims=0),
    ]
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "sequence"])
    out = helper.make_tensor_value_info("text_embeds", TensorProto.FLOAT, ["batch", 64])
    graph = helper.make_graph(nodes, "clip", [ids], [out], [numpy_helper.from_array(table, "table")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "onnx/text_model.onnx")


def bytes_to_letters():
    """Letters that stand for bytes, in CLIP's order: printable ones for themselves, the others from 256 on."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(byte) for byte in shown] + [chr(256 + n) for n in range(256 - len(shown))]


def test_clip_reads_its_known_sentence_as_its_known_ids(clip):
    ids = node(
        """
        const { openTextFolder } = await import("./dist/server/text/folder.js");
        const { tokenizerOf } = await import("./dist/server/text/encoder.js");
        const [folder, text] = process.argv.slice(1);
        console.log(JSON.stringify((await tokenizerOf(await openTextFolder(folder)))(text)));
        """,
        clip,
        "a photo of a cat",
    )
    assert ids == CAT


def test_clip_ranks_names_that_share_words_with_a_phrase(clip, tmp_path):
    assert "urinary bladder" in names("a big bladder somewhere", clip, tmp_path)
