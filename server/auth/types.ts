/** Who asks, as the rest of the server sees it. */

/** Whose data a request may see. */
export interface Identity {
  readonly tenant: string;
}

/** The identity of an `Authorization` header; `undefined` for one that is missing, wrong or worn out. Never rejects. */
export type Authenticate = (authorization: string | undefined) => Promise<Identity | undefined>;
