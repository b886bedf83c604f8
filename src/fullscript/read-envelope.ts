import type { FullscriptEvent } from '../domain/event.ts';

export declare function readEnvelope(body: unknown): FullscriptEvent | null;
