import { Hono } from 'hono';
import type { Sandbox } from '../sandbox.ts';
import { toResourceBody } from '../shapes/plan.ts';
import { Refusal, getThing, type Protocol, type Recommendation } from '../state.ts';
import { authorized } from './authorized.ts';
import { sortBy, toPage } from './lists.ts';
import { readParam, type ApiContext, type ApiEnv } from './request.ts';

function toProtocolRow(protocol: Protocol, readerId: string | null): Record<string, unknown> {
  return {
    id: protocol.id,
    name: protocol.name,
    current_state: protocol.state,
    ownership_type: protocol.practitionerId !== null && protocol.practitionerId === readerId ? 'owned' : 'shared',
  };
}

/** Protocols still use flat names for what plans nest in `dosage`. */
function toFlatLine(line: Recommendation): Record<string, unknown> {
  return {
    variant_id: line.variantId,
    quantity_recommended: line.unitsToPurchase,
    refill: line.refill,
    take_with: line.takeWith,
    dosage_amount: line.dosage.amount,
    dosage_frequency: line.dosage.frequency,
    dosage_duration: line.dosage.duration,
    dosage_permutations: [],
    dosage_format: line.dosage.format,
    additional_info: line.dosage.additionalInfo,
  };
}

/** Ready-made sets of recommendations, and handouts. To be mounted under `/api`. */
export function createProtocolRoutes(sandbox: Sandbox): Hono<ApiEnv> {
  const { state } = sandbox;
  const routes = new Hono<ApiEnv>();
  const reads = authorized(sandbox, 'clinic:read');

  const respondRows = (c: ApiContext, protocols: Protocol[], readerId: string | null): Response => {
    const wantedState = c.req.query('current_state');
    const kept = protocols.filter((protocol) => wantedState === undefined || protocol.state === wantedState);
    const sorted = sortBy(c, kept, { name: ({ name }) => name, current_state: (protocol) => protocol.state });
    const { rows, meta } = toPage(c, sorted, (protocol) => toProtocolRow(protocol, readerId));
    return c.json({ protocols: rows, meta });
  };
  const getColleagueId = (c: ApiContext): string => {
    const user = getThing(state.users, readParam(c, 'practitioner_id'));
    if (user.clinicId !== c.var.caller.clinic.id) throw new Refusal(404, ['Not Found']);
    return user.id;
  };

  routes.get('/clinic/fullscript_protocols', reads, (c) =>
    respondRows(
      c,
      [...state.protocols.values()].filter((protocol) => protocol.practitionerId === null),
      null,
    ),
  );

  routes.get('/clinic/practitioners/:practitioner_id/protocols', reads, (c) => {
    const practitionerId = getColleagueId(c);
    const ownership = c.req.query('ownership_type') ?? 'owned';
    const visible = [...state.protocols.values()].filter((protocol) => {
      if (protocol.practitionerId === null) return false;
      const owned = protocol.practitionerId === practitionerId;
      const owner = state.users.get(protocol.practitionerId);
      const shared = !owned && protocol.shared && owner?.clinicId === c.var.caller.clinic.id;
      return (owned && ownership !== 'shared') || (shared && ownership !== 'owned');
    });
    return respondRows(c, visible, practitionerId);
  });

  routes.get('/clinic/protocols/:id', reads, (c) => {
    const protocol = getThing(state.protocols, readParam(c, 'id'));
    const owner = protocol.practitionerId === null ? undefined : state.users.get(protocol.practitionerId);
    if (owner !== undefined && owner.clinicId !== c.var.caller.clinic.id) throw new Refusal(404, ['Not Found']);
    return c.json({
      protocol: {
        ...toProtocolRow(protocol, c.var.caller.user.id),
        practitioner: protocol.practitionerId === null ? null : { id: protocol.practitionerId },
        personal_message: protocol.personalMessage,
        recommendations: protocol.recommendations.map(toFlatLine),
      },
    });
  });

  const respondResources = (c: ApiContext, ownerId: string | null): Response => {
    const resources = [...state.resources.values()].filter((resource) => resource.practitionerId === ownerId);
    const { rows, meta } = toPage(c, resources, (resource) => toResourceBody(sandbox, resource));
    return c.json({ resources: rows, meta });
  };
  routes.get('/clinic/fullscript_resources', reads, (c) => respondResources(c, null));
  routes.get('/clinic/practitioners/:practitioner_id/resources', reads, (c) => respondResources(c, getColleagueId(c)));

  return routes;
}
