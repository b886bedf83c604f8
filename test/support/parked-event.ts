import { randomUUID } from 'node:crypto';
import type { FullscriptEvent } from '../../src/domain/event.ts';
import type { Deployment } from './deployment.ts';

/** Puts an event of a clinic among the parked ones, as if it had failed too often; gives our id of it. */
export async function parkEventOf(
  { app }: Pick<Deployment, 'app'>,
  clinicId: string,
  event: Partial<FullscriptEvent> = {},
): Promise<string> {
  const { inbox } = app.parts.store;
  const at = app.parts.now().toISOString();
  const told = { id: randomUUID(), type: 'treatment_plan.updated', clinicId, createdAt: at, data: {}, ...event };
  const [id] = await inbox.receive([told], 'webhook', at);
  if (id === undefined) throw new Error('This event was here before');
  await inbox.park(id, 'rejected');
  return id;
}
