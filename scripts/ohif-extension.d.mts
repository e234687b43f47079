/** Folder that it is built into. */
export const ohifExtension: string;
export function buildOhifExtension(): Promise<void>;
export function scripts(): { name: string; bytes: number; gzip: number; integrity: string }[];
