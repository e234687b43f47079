/** Cold encodes per second of one server on one core and of two replicas with one Redis on a core each, turn by turn; and an embedding of the other replica. */
import { sampleOf } from "../report.ts";
import { createMachines, encode, getMs, imageOf, keepTo, type Machine } from "./machines.ts";

const ROUNDS = 7;
const SLICES = 40;
/** The first slice of a walk; windows of their own keep the walks of each round cold. */
const FIRST = 5;
const WIDTH = 350;

interface Pace {
  readonly perS: number;
  readonly cpuMsPerEncode: number;
}

export interface ReplicaNumbers {
  /** Of wall time, each round of two beside a round of one. */
  readonly ratio: ReturnType<typeof sampleOf>;
  /** Twice the processor time that one needs for an encode, by what two and Redis need: the ratio of two machines of their own. */
  readonly ratioByCpu: number;
  readonly perS: { readonly one: number; readonly two: number };
  readonly cpuMsPerEncode: { readonly one: number; readonly two: number };
  readonly warmMs: { readonly own: ReturnType<typeof sampleOf>; readonly shared: ReturnType<typeof sampleOf> };
}

async function pace(machines: readonly Machine[], more: () => number, imageId: string, round: number): Promise<Pace> {
  const cpu = (): number => machines.reduce((sum, machine) => sum + machine.cpuMs(), more());
  const [from, cpuFrom] = [performance.now(), cpu()];
  const walk = async ({ url }: Machine, first: number) => {
    for (let n = 0; n < SLICES; n++) await encode(url, imageId, first + n, WIDTH + round);
  };
  await Promise.all(machines.map((machine, n) => walk(machine, FIRST + n * SLICES)));
  const encodes = machines.length * SLICES;
  return { perS: (encodes * 1000) / (performance.now() - from), cpuMsPerEncode: (cpu() - cpuFrom) / encodes };
}

const median = (values: readonly number[]): number => sampleOf(values).median;

/** Needs two cores, `taskset` and `redis-server`. */
export async function replicas(): Promise<ReplicaNumbers> {
  const machines = createMachines();
  try {
    const redis = await machines.redis();
    const shared = ["--redis", redis.url, "--image-dir", machines.folder("images")];
    const one = await machines.server("0", []);
    const two = [await machines.server("0", shared), await machines.server("1", shared)] as const;
    const imageId = await imageOf(one.url);
    for (const { url } of [one, ...two]) for (let n = 0; n < 3; n++) await encode(url, imageId, n, WIDTH - 1);
    const rounds: { one: Pace; two: Pace }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      keepTo("0"); // who asks one server lives on its core, who asks two on both
      const ofOne = await pace([one], () => 0, imageId, round);
      keepTo("0,1");
      rounds.push({ one: ofOne, two: await pace(two, redis.cpuMs, imageId, round) });
    }
    const medians = (of: keyof Pace) => ({
      one: median(rounds.map(({ one }) => one[of])),
      two: median(rounds.map(({ two }) => two[of])),
    });
    const cpuMsPerEncode = medians("cpuMsPerEncode");
    return {
      ratio: sampleOf(rounds.map(({ one, two }) => two.perS / one.perS)),
      ratioByCpu: (2 * cpuMsPerEncode.one) / cpuMsPerEncode.two,
      ...{ perS: medians("perS"), cpuMsPerEncode, warmMs: await warm(two, imageId) },
    };
  } finally {
    machines.close();
  }
}

/** What the first replica has encoded, asked of it again and, for the first time, of the other; in turn. */
async function warm([a, b]: readonly [Machine, Machine], imageId: string): Promise<ReplicaNumbers["warmMs"]> {
  const [own, shared]: number[][] = [[], []];
  let before: string | undefined;
  for (let round = 0; round < ROUNDS; round++)
    for (let n = 0; n < SLICES; n++) {
      const { embeddingId: id } = await encode(a.url, imageId, FIRST + n, WIDTH + round); // the round's walk made it
      await getMs(a.url, id); // whoever had it encoded has read it
      own.push(await getMs(a.url, id));
      if (before) await getMs(b.url, before); // neither has just slept
      shared.push(await getMs(b.url, id));
      before = id;
    }
  return { own: sampleOf(own), shared: sampleOf(shared) };
}
