import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { ortSession } from "../../../core/tensor/ort-session.ts";
import { float32 } from "../../../core/tensor/session.ts";
import { graphBuilder, matMulModel } from "../../support/onnx.ts";

const square = (...values: number[]) => ({ x: float32(Float32Array.from(values), [2, 2]) });

describe("ortSession", () => {
  test("runs a graph and gives plain tensors", async () => {
    const session = await ortSession(ort, matMulModel(2, 1));
    expect([session.inputNames, session.outputNames]).toEqual([["x"], ["y"]]);
    const { y } = await session.run(square(1, 2, 3, 4));
    expect(y).toEqual(float32(Float32Array.of(7, 10, 15, 22), [2, 2]));
    await session.release();
  });

  test("takes and gives 64-bit integers and half floats", async () => {
    const g = graphBuilder();
    const ids = g.input("ids", ["n"], "int64");
    g.output("out", g.op("Cast", [g.op("Cast", [ids], { to: 10 })], { to: 1 }), ["n"]);
    const session = await ortSession(ort, g.model());
    const { out } = await session.run({ ids: { type: "int64", data: BigInt64Array.of(3n, -5n), dims: [2] } });
    expect(out!.data).toEqual(Float32Array.of(3, -5));
    await session.release();
  });

  test("a failed run does not stop the next", async () => {
    const session = await ortSession(ort, matMulModel(2, 1));
    const bad = session.run({ x: float32(new Float32Array(9), [3, 3]) });
    const good = session.run(square(1, 0, 0, 1));
    await expect(bad).rejects.toThrow();
    expect((await good).y!.data).toEqual(Float32Array.of(1, 0, 0, 1));
    await session.release();
  });

  test("leaves the caller's feeds as they were", async () => {
    const session = await ortSession(ort, matMulModel(2, 2));
    const feeds = square(1, 2, 3, 4);
    await session.run(feeds);
    await session.run(feeds);
    expect(feeds).toEqual(square(1, 2, 3, 4));
    await session.release();
  });

  test("release waits for what is under way", async () => {
    const session = await ortSession(ort, matMulModel(2, 3));
    const running = session.run(square(1, 1, 0, 1));
    await session.release();
    expect((await running).y!.data).toEqual(Float32Array.of(1, 4, 0, 1));
  });

  test.each([
    ["empty", new Uint8Array(0)],
    ["HTML", new TextEncoder().encode("<!doctype html><title>404</title>")],
    ["cut in half", matMulModel(8, 2).subarray(0, 60)],
  ])("rejects a model file that is %s", async (_, bytes) => {
    await expect(ortSession(ort, bytes)).rejects.toThrow();
  });
});
