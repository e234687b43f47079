/** What every handler finds in its context. */
export interface AppEnv {
  Variables: {
    requestId: string;
    timings: { name: string; ms: number }[];
    /** The whole body has arrived. */
    bodyRead?: true;
  };
}
