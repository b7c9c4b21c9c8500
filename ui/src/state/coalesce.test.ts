import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { coalescer } from "./coalesce";
import type { AnswerEvent } from "../contract";

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => vi.useRealTimers());

const word = (piece: string, nTokens: number): AnswerEvent => ({ kind: "text", piece, nTokens, tokensPerS: 1 });

it("hands words on at once while drawing is quick", async () => {
  const told: AnswerEvent[] = [];
  const tell = coalescer((event) => void told.push(event));
  for (let i = 0; i < 3; i += 1) {
    tell(word(`${i}`, i));
    await vi.advanceTimersByTimeAsync(34);
  }
  expect(told).toEqual([word("0", 0), word("1", 1), word("2", 2)]);
});

it("gathers them while drawing is slow, loses no letter, and puts nothing behind them", async () => {
  const told: AnswerEvent[] = [];
  const tell = coalescer(async (event) => {
    told.push(event);
    await new Promise((done) => setTimeout(done, 200));
  });
  for (let i = 0; i < 300; i += 1) {
    tell(word("a", i));
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(told.length).toBeLessThan(12);
  tell({ kind: "queued", nBefore: 0 });
  expect(told.at(-1)?.kind).toBe("queued");
  expect(told.map((event) => (event.kind === "text" ? event.piece : "")).join("")).toBe("a".repeat(300));
});

it("keeps thoughts and the answer apart", async () => {
  const told: AnswerEvent[] = [];
  const tell = coalescer(async (event) => {
    told.push(event);
    await new Promise((done) => setTimeout(done, 200));
  });
  const thought = (piece: string, nTokens: number): AnswerEvent => ({ kind: "thought", piece, nTokens, tokensPerS: 1 });
  for (const event of [thought("a", 1), thought("b", 2), thought("c", 3), word("d", 4), word("e", 5), thought("f", 6)]) tell(event);
  await vi.advanceTimersByTimeAsync(5000);
  expect(told).toEqual([thought("a", 1), thought("bc", 3), word("de", 5), thought("f", 6)]);
});

it("lets words wait while the person types, and loses no letter", async () => {
  const told: AnswerEvent[] = [];
  const tell = coalescer((event) => void told.push(event), () => true);
  for (let i = 0; i < 100; i += 1) {
    tell(word("a", i));
    await vi.advanceTimersByTimeAsync(20);
  }
  expect(told.length).toBeLessThan(7);
  await vi.advanceTimersByTimeAsync(500);
  expect(told.map((event) => (event.kind === "text" ? event.piece : "")).join("")).toBe("a".repeat(100));
});

it("lets hardly a key meet a slow drawing, and does not keep the person waiting for long", async () => {
  const TOOK_MS = 100;
  const told: { event: AnswerEvent; atMs: number }[] = [];
  const tell = coalescer(async (event) => {
    told.push({ event, atMs: performance.now() });
    await new Promise((done) => setTimeout(done, TOOK_MS));
  }, () => true);
  for (let i = 0; i < 800; i += 1) {
    tell(word("a", i));
    await vi.advanceTimersByTimeAsync(20);
  }
  const waits = told.slice(1).map(({ atMs }, index) => atMs - told[index]!.atMs);
  expect(waits.length).toBeGreaterThan(3);
  for (const wait of waits) {
    expect(wait).toBeGreaterThan(20 * TOOK_MS);
    expect(wait).toBeLessThan(4500);
  }
});
