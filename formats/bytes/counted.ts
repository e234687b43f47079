/** A sentence for one thing and one for several, of which the number stands first; none for none. */
export function counted(count: number, one: string, several: string): string[] {
  if (count === 0) return [];
  return [count === 1 ? `1 ${one}` : `${count} ${several}`];
}
