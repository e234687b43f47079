import { z } from "zod";

/** RFC 9457. `code` is stable, `detail` one sentence, and the code's own fields follow in `info`. */
export const Problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  info: z.record(z.string(), z.unknown()),
  requestId: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;
