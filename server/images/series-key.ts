/**
 * Names of DICOM series that say nothing of them: who knows a UID may ask whether the series is here, and no UID stands in an
 * address or a log. The salt is of this process, so that a key of today tells nothing tomorrow.
 */
import { randomBytes } from "node:crypto";
import type { Digest } from "../../core/digest.ts";
import { sha256 } from "../disk/sha256.ts";

/** 32 hex digits. */
export const SERIES_SALT = randomBytes(16).toString("hex");

/** sha256 of salt, line feed, SeriesInstanceUID. */
export const seriesKey = (seriesInstanceUid: string): Digest => sha256(SERIES_SALT, "\n", seriesInstanceUid);
