/** Groups the keys of one batch by what they have in common, in the order of their first. */
function groupBy<K>(keys: readonly K[], toGroup: (key: K) => string): K[][] {
  const groups = new Map<string, K[]>();
  for (const key of keys) {
    const name = toGroup(key);
    const group = groups.get(name);
    if (group) group.push(key);
    else groups.set(name, [key]);
  }
  return [...groups.values()];
}

/** Runs a batch function group by group; a group that throws fails its own keys only. Answers are put by key. */
export async function answerByGroup<K, V>(
  keys: readonly K[],
  toGroup: (key: K) => string,
  answerGroup: (group: readonly K[], put: (key: K, answer: V | Error) => void) => Promise<void>,
): Promise<(V | Error)[]> {
  const answers = new Map<K, V | Error>();
  await Promise.all(
    groupBy(keys, toGroup).map(async (group) => {
      try {
        await answerGroup(group, (key, answer) => answers.set(key, answer));
      } catch (error) {
        const failure = error instanceof Error ? error : new Error(String(error));
        for (const key of group) if (!answers.has(key)) answers.set(key, failure);
      }
    }),
  );
  return keys.map((key) => {
    const answer = answers.get(key);
    // Null is an answer, too.
    return answer === undefined ? new Error('a key of a batch was left without an answer') : answer;
  });
}
