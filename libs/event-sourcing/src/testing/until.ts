/**
 * Waits until a condition holds, looking again and again.
 * @throws after `withinMs`, with the condition's source: a test that waits in vain says for what
 */
export const until = async (condition: () => Promise<boolean> | boolean, withinMs = 50_000): Promise<void> => {
  const giveUpAt = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
