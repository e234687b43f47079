/** Work that several replicas may be asked for at the same time, done by one of them. */
import type { Digest } from "../../core/digest.ts";

export interface Claimed<T> {
  readonly value: T;
  /** Settles when the other replicas can find it. */
  readonly stored: Promise<void>;
}

export interface ClaimedWork<T> {
  /** What another replica has stored; `undefined` when there is nothing yet. */
  find(): Promise<T | undefined>;
  work(): Promise<Claimed<T>>;
  readonly signal: AbortSignal;
}

/** Runs `work`, or waits for the replica that is at it and gives what `find` finds. Rejects with Cancelled and as `work` does. */
export type Claims = <T>(key: Digest, claimed: ClaimedWork<T>) => Promise<T>;

/** For a server of its own: nobody else could be at it. */
export const ownClaims: Claims = async (_key, { work }) => (await work()).value;
