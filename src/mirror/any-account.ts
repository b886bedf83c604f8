import { FullscriptFailure } from '../domain/errors.ts';

/** Tries one account after the other while it is the account, and not the call, that Fullscript refuses. */
export async function tryEach<A>(accounts: readonly A[], work: (account: A) => Promise<void>): Promise<void> {
  let refused: FullscriptFailure | null = null;
  for (const account of accounts) {
    try {
      await work(account);
      return;
    } catch (error) {
      if (!(error instanceof FullscriptFailure) || (error.kind !== 'withdrawn' && error.kind !== 'forbidden'))
        throw error;
      refused = error;
    }
  }
  if (refused) throw refused;
}

/** The same for what gives an answer. Throws FullscriptFailure, `withdrawn` when there are no accounts. */
export async function askAny<A, T>(accounts: readonly A[], work: (account: A) => Promise<T>): Promise<T> {
  const answers: T[] = [];
  await tryEach(accounts, async (account) => {
    answers.push(await work(account));
  });
  if (answers.length === 0) throw new FullscriptFailure('withdrawn', 'Nobody of this clinic is connected');
  return answers[0] as T;
}
