export function findBrowser(): string | undefined;
export function getBrowser(): string;
export function setup(): void;
