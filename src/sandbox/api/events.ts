import { Hono } from 'hono';
import type { Sandbox } from '../sandbox.ts';
import { Refusal, eventCategories, type Delivery, type SandboxEvent } from '../state.ts';
import { scopeOfCategory, toEventBody } from '../webhook-sender.ts';
import { authorized } from './authorized.ts';
import { matchesDays, sortBy, toPage } from './lists.ts';
import { readParam, type ApiEnv, type Caller } from './request.ts';

const keptMs = 30 * 86_400_000;

function toEventRow(event: SandboxEvent): Record<string, unknown> {
  return {
    id: event.id,
    type: event.type,
    created_at: event.createdAt,
    ...(event.clinicId === null ? {} : { clinic_id: event.clinicId }),
  };
}

/** Events and webhook deliveries of the last 30 days. To be mounted under `/api`. */
export function createEventRoutes(sandbox: Sandbox): Hono<ApiEnv> {
  const { state } = sandbox;
  const routes = new Hono<ApiEnv>();
  const isKept = (instant: string): boolean => Date.parse(instant) > sandbox.now().getTime() - keptMs;
  const listVisible = (caller: Caller): SandboxEvent[] =>
    state.events.filter(
      (event) => (event.clinicId === null || event.clinicId === caller.clinic.id) && isKept(event.createdAt),
    );

  for (const category of eventCategories) {
    routes.get(`/events/${category}`, authorized(sandbox, scopeOfCategory[category]), (c) => {
      const wantedType = c.req.query('event_type');
      const events = listVisible(c.var.caller).filter(
        (event) =>
          event.category === category &&
          (wantedType === undefined || event.type === wantedType) &&
          matchesDays(c.req.query('created_at'), event.createdAt),
      );
      const sorted = sortBy(c, events, {
        created_at: (event) => event.createdAt,
        ...(category === 'lab_orders' ? {} : { event_type: (event: SandboxEvent) => event.type }),
      });
      const { rows, meta } = toPage(c, sorted, toEventRow);
      return c.json({ events: rows, meta });
    });
  }

  routes.get('/events/:id', authorized(sandbox), (c) => {
    const event = listVisible(c.var.caller).find(({ id }) => id === readParam(c, 'id'));
    if (event === undefined) throw new Refusal(404, ['Not Found']);
    const scope = scopeOfCategory[event.category];
    if (!c.var.caller.pair.scopes.includes(scope))
      throw new Refusal(403, [`Must have \`${scope.split(':')[0] ?? scope}\` scope enabled`]);
    return c.json({ event: toEventBody(sandbox, event) });
  });

  const toDeliveryBody = (delivery: Delivery): Record<string, unknown> => {
    const event = state.events.find(({ id }) => id === delivery.eventId);
    return {
      id: delivery.id,
      attempt_number: delivery.attemptNumber,
      attempted_at: delivery.attemptedAt,
      previous_attempt_at: delivery.previousAttemptAt,
      next_attempt_at: delivery.nextAttemptAt,
      successfully_delivered: delivery.delivered,
      response_body: delivery.responseBody,
      response_header: delivery.responseHeaders,
      response_status: delivery.responseStatus,
      response_ip_address: delivery.responseStatus === null ? null : '127.0.0.1',
      response_errors: delivery.errors,
      event_payload: event === undefined ? null : { event: toEventBody(sandbox, event) },
    };
  };

  routes.get('/webhooks/deliveries', authorized(sandbox), (c) => {
    const eventIds = new Set(listVisible(c.var.caller).map((event) => event.id));
    const eventId = c.req.query('event_id');
    const delivered = c.req.query('successfully_delivered');
    const deliveries = state.deliveries.filter(
      (delivery) =>
        eventIds.has(delivery.eventId) &&
        isKept(delivery.attemptedAt) &&
        (eventId === undefined || delivery.eventId === eventId) &&
        (delivered === undefined || String(delivery.delivered) === delivered) &&
        matchesDays(c.req.query('attempted_at'), delivery.attemptedAt),
    );
    const sorted = sortBy(c, deliveries, {
      attempted_at: (delivery) => delivery.attemptedAt,
      event_id: (delivery) => delivery.eventId,
    });
    const { rows, meta } = toPage(c, sorted, toDeliveryBody);
    return c.json({ webhook_deliveries: rows, meta });
  });

  return routes;
}
