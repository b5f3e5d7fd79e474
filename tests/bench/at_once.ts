/** Does the work for all items, some at once, and gives the results in the items' order. The first failure is thrown. */
export async function atOnce<T, R>(
  items: readonly T[],
  { limit, work }: { limit: number; work: (item: T, index: number) => Promise<R> },
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  async function worker(): Promise<void> {
    for (const [index, item] of queue) results[index] = await work(item, index);
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
