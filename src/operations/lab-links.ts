import { z } from 'zod';
import { UndecryptableError, type Secrets } from '../store/secrets.ts';

/** What a link to a result file permits: this viewer, this result, until then. */
export interface LabLink {
  organizationId: string;
  userId: string;
  clinicKey: string;
  resultId: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

const sealed = z.tuple([z.literal('lab'), z.string(), z.string(), z.string(), z.string(), z.number()]);

/** Makes and opens the tokens of result links. The token is encrypted, so that nobody learns whose result it is, and cannot be changed. */
export interface LabLinks {
  seal(link: LabLink): Promise<string>;
  /** Null for what we did not make. */
  open(token: string): Promise<LabLink | null>;
}

export function createLabLinks(secrets: Secrets): LabLinks {
  return {
    seal: (link) =>
      secrets.encrypt(
        JSON.stringify(['lab', link.organizationId, link.userId, link.clinicKey, link.resultId, link.expiresAt]),
      ),
    async open(token) {
      try {
        const parsed = sealed.safeParse(JSON.parse(await secrets.decrypt(token)));
        if (!parsed.success) return null;
        const [, organizationId, userId, clinicKey, resultId, expiresAt] = parsed.data;
        return { organizationId, userId, clinicKey, resultId, expiresAt };
      } catch (error) {
        if (error instanceof UndecryptableError || error instanceof SyntaxError) return null;
        throw error;
      }
    },
  };
}
