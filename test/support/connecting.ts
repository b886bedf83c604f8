import type { Answer, Deployment } from './deployment.ts';

/** What a browser carries between the EMR's page and Fullscript's. */
export interface Attempt {
  state: string;
  authorizeUrl: string;
  expiresAt: string;
}

/** `Mutation.connect` for the user; throws when it is refused. */
export async function beginConnect(deployment: Deployment, who: string, returnTo?: string): Promise<Attempt> {
  const answer = await deployment.ask(
    who,
    'mutation ($input: FullscriptConnectInput) { connect(input: $input) { state authorizeUrl expiresAt } }',
    { variables: { input: returnTo === undefined ? null : { returnTo } } },
  );
  const attempt = answer.data?.connect as Attempt | undefined;
  if (!attempt) throw new Error(`connect was refused: ${JSON.stringify(answer.errors)}`);
  return attempt;
}

/** The code with which Fullscript sends a browser back after the user with this address has consented. */
export function consent(deployment: Deployment, attempt: Attempt, email: string): string {
  const { state, actions } = deployment.sandbox.sandbox;
  const user = [...state.users.values()].find((candidate) => candidate.email === email);
  if (!user) throw new Error(`the sandbox has no user ${email}`);
  const redirectUri = new URL(attempt.authorizeUrl).searchParams.get('redirect_uri') ?? '';
  return actions.authorize({ userId: user.id, redirectUri });
}

const completeDocument = `mutation ($input: FullscriptCompleteConnectInput!) {
  completeConnect(input: $input) {
    __typename
    ... on FullscriptConnected {
      returnTo
      account { id userId fullscriptUserId type status isDefault scopes missingScopes connectedAt clinic { id name } practitioner { id } }
    }
    ... on FullscriptConnectDeclined { message returnTo }
    ... on FullscriptConnectExpired { message }
  }
}`;

/** `Mutation.completeConnect` as it is answered; `result` is the union's value, null when it was refused. */
export async function completeConnect(
  deployment: Deployment,
  who: string,
  input: { state: string; code?: string | null; error?: string | null },
): Promise<Answer & { result: { __typename: string; [field: string]: unknown } | null }> {
  const answer = await deployment.ask(who, completeDocument, { variables: { input } });
  return { ...answer, result: (answer.data?.completeConnect ?? null) as { __typename: string } | null };
}

/** The pairs of tokens that the sandbox would still honour for the user with this address; for all users without one. */
export function listLiveTokens(
  deployment: Deployment,
  email?: string,
): { accessToken: string; refreshToken: string }[] {
  const { state } = deployment.sandbox.sandbox;
  return [...state.tokens.values()].filter(
    (pair) => pair.endedAt === null && (email === undefined || state.users.get(pair.userId)?.email === email),
  );
}

/** The user's own position as `Query.fullscriptViewer` tells it. */
export async function readViewer(
  deployment: Deployment,
  who: string,
): Promise<{
  connectionStatus: string;
  canRecommend: boolean;
  canAdminister: boolean;
  accounts: { id: string; isDefault: boolean; status: string; missingScopes: string[]; clinic: { id: string } }[];
}> {
  const answer = await deployment.ask(
    who,
    '{ fullscriptViewer { connectionStatus canRecommend canAdminister accounts { id isDefault status missingScopes clinic { id } } } }',
  );
  if (answer.errors.length > 0) throw new Error(`the viewer was refused: ${JSON.stringify(answer.errors)}`);
  return answer.data.fullscriptViewer as Awaited<ReturnType<typeof readViewer>>;
}
