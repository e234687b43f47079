/**
 * Capacity on paper: people scroll through CT volumes and click; each slice they stop at is encoded unless a cache has it. A
 * discrete-event simulation of the encoders' queue, with a seeded generator, so that the same numbers come out again.
 */
import { createRandom } from "../accuracy/random.ts";

export interface Load {
  /** People at work at the same time. */
  readonly users: number;
  /** Volumes that they look at; colleagues open the same ones. */
  readonly volumes: number;
  readonly slices: number;
  /** Time at a slice before the next one, on average; exponential. */
  readonly dwellS: number;
}

export interface Fleet {
  readonly encoders: number;
  readonly encodeMs: number;
  /** Of the shared cache; least recently used slices leave. */
  readonly cacheSlices: number;
  /** A slice has its encoder, as behind a gateway that hashes; else the first that is free takes it, as from a queue. */
  readonly hashed?: boolean;
  /** Of an answer from the cache, and of every other beside its encode. */
  readonly serveMs?: number;
  /** Slices prefetched around the one somebody looks at, when an encoder is idle. */
  readonly prefetch: number;
}

export interface Outcome {
  readonly hitRate: number;
  /** From asking to having, misses and hits together. */
  readonly waitMs: { readonly p50: number; readonly p95: number };
  /** Share of the time that encoders work for people. */
  readonly busy: number;
  readonly asked: number;
}

interface Reader {
  volume: number;
  slice: number;
  step: 1 | -1;
}

/** Somebody stops at a slice. */
export interface Stop {
  /** Milliseconds from the beginning. */
  readonly at: number;
  /** Volume · slices + slice. */
  readonly key: number;
}

/** Share of the steps that go on in the same direction; the rest turn round or jump to another slice or volume. */
const ON = 0.85;
const TURN = 0.97;
const NEXT_VOLUME = 0.995;

/** Plays `seconds` of work and looks at the second half: the first fills the cache. */
export function simulate(load: Load, fleet: Fleet, seconds: number, seed = 1): Outcome {
  const random = createRandom(String(seed)).uniform;
  const cache = new Set<number>(); // in the order of use
  const free = Array.from({ length: fleet.encoders }, () => 0);
  const pending = new Map<number, number>(); // when a slice that is being encoded will be there
  const waits: number[] = [];
  const from = seconds * 500;
  let [hits, busyMs] = [0, 0];
  for (const { at, key } of stops(load, seconds, random)) {
    const counts = at >= from;
    const known = use(cache, key);
    const ready = pending.get(key) ?? 0;
    const taken = fleet.hashed ? key % fleet.encoders : firstFree(free);
    const done = known ? Math.max(at, ready) : encodeAt(free, taken, at, fleet.encodeMs); // others wait for the same encode
    if (!known) pending.set(key, done);
    keep(cache, key, fleet.cacheSlices);
    if (counts) {
      waits.push(done - at + (fleet.serveMs ?? 0));
      if (done === at) hits++;
      if (!known) busyMs += fleet.encodeMs;
    }
    ahead(key, at, { load, fleet, free, cache, pending });
  }
  waits.sort((a, b) => a - b);
  const share = (part: number): number => waits[Math.floor(part * (waits.length - 1))] ?? 0;
  return {
    hitRate: hits / Math.max(1, waits.length),
    waitMs: { p50: share(0.5), p95: share(0.95) },
    busy: busyMs / (fleet.encoders * from),
    asked: waits.length,
  };
}

/** Everybody's stops, in the order of time: each is a Poisson process, so all together are one. */
export function* stops(
  { users, volumes, slices, dwellS }: Load,
  seconds: number,
  random: () => number,
): Generator<Stop> {
  const place = (): Reader => ({
    volume: Math.floor(volumes * random() ** 2), // today's studies are looked at by several, old ones by few
    slice: Math.floor(slices * random()),
    step: random() < 0.5 ? 1 : -1,
  });
  const readers = Array.from({ length: users }, place);
  for (let at = 0; ; ) {
    at += (-Math.log(1 - random()) * dwellS * 1000) / users;
    if (at > seconds * 1000) return;
    const who = Math.floor(random() * users);
    const reader = readers[who] ?? place();
    const dice = random();
    if (dice >= NEXT_VOLUME) Object.assign(reader, place());
    else if (dice >= TURN) reader.slice = Math.floor(slices * random());
    else if (dice >= ON) reader.step = reader.step === 1 ? -1 : 1;
    reader.slice = Math.min(slices - 1, Math.max(0, reader.slice + reader.step));
    yield { at, key: reader.volume * slices + reader.slice };
  }
}

function firstFree(free: readonly number[]): number {
  let first = 0;
  for (let n = 1; n < free.length; n++) if ((free[n] ?? 0) < (free[first] ?? 0)) first = n;
  return first;
}

/** When the encoder has done it, behind what it has to do already. */
function encodeAt(free: number[], taken: number, at: number, encodeMs: number): number {
  const done = Math.max(at, free[taken] ?? 0) + encodeMs;
  free[taken] = done;
  return done;
}

interface Idle {
  readonly load: Load;
  readonly fleet: Fleet;
  readonly free: number[];
  readonly cache: Set<number>;
  readonly pending: Map<number, number>;
}

/** Neighbours are encoded only where an encoder has nothing else to do: a click goes first. */
function ahead(key: number, at: number, { load, fleet, free, cache, pending }: Idle): void {
  const slice = key % load.slices;
  for (let n = 1; n <= fleet.prefetch; n++) {
    const step = n % 2 === 1 ? (n + 1) / 2 : -n / 2;
    if (slice + step < 0 || slice + step >= load.slices || cache.has(key + step)) continue;
    if (!free.some((until) => until <= at)) return;
    pending.set(key + step, encodeAt(free, firstFree(free), at, fleet.encodeMs));
    keep(cache, key + step, fleet.cacheSlices);
  }
}

function use(cache: Set<number>, key: number): boolean {
  if (!cache.delete(key)) return false;
  cache.add(key);
  return true;
}

function keep(cache: Set<number>, key: number, most: number): void {
  cache.add(key);
  for (const oldest of cache) {
    if (cache.size <= most) return;
    cache.delete(oldest);
  }
}
