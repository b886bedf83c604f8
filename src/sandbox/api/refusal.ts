import type { SandboxSettings } from '../settings.ts';
import type { Refusal } from '../state.ts';

/** The JSON body of a refused API request, in the shape that the settings ask for. */
export function toRefusalBody(refusal: Refusal, shape: SandboxSettings['errorShape']): Record<string, unknown> {
  if (refusal.status === 404) return { error: 'Not Found' };
  if (refusal.status !== 422) return { error: refusal.reasons.join(', ') };
  if (shape === 'array') return { error: refusal.reasons };
  if (shape === 'object') return { errors: { base: refusal.reasons } };
  if (shape === 'sentence') return { error: refusal.reasons.join(', ') };
  return { error: JSON.stringify(refusal.reasons) };
}
