import { describe, expect, test } from 'vitest';
import { readEnvelope } from '../../src/fullscript/read-envelope.ts';

const event = {
  id: 'e1',
  type: 'treatment_plan.created',
  created_at: '2026-03-02T14:05:01.000Z',
  clinic_id: 'c1',
  integration_id: 'i1',
  data: { treatment_plan: { id: 'b1', active: 'true' } },
};
const read = {
  id: 'e1',
  type: 'treatment_plan.created',
  clinicId: 'c1',
  createdAt: '2026-03-02T14:05:01.000Z',
  data: { id: 'b1', active: 'true' },
};

describe('readEnvelope', () => {
  test.each([
    ['event', { event }],
    ['event_payload', { event_payload: { event } }],
    ['event inside event_payload, bare', { event_payload: event }],
    ['bare', event],
  ])('understands %s', (_, body) => {
    expect(readEnvelope(body)).toEqual(read);
  });

  test('takes data that is wrapped, bare, wrapped under another noun, or missing', () => {
    const order = { id: 'o1', line_items: [{ variant_id: 'v1' }] };
    expect(readEnvelope({ event: { ...event, type: 'order.placed', data: order } })?.data).toEqual(order);
    expect(
      readEnvelope({ event: { ...event, type: 'patient.emancipated', data: { patient: { id: 'p1' } } } })?.data,
    ).toEqual({ id: 'p1' });
    const shipment = { fulfillment_shipment: { order_id: 'o1' } };
    expect(readEnvelope({ ...event, type: 'fulfillment.shipment.shipped', data: shipment })?.data).toEqual({
      order_id: 'o1',
    });
    expect(readEnvelope({ ...event, data: null })?.data).toEqual({});
  });

  test('a clinic may be missing, as with products', () => {
    expect(readEnvelope({ event: { id: 'e1', type: 'product.created' } })).toEqual({
      id: 'e1',
      type: 'product.created',
      clinicId: null,
      createdAt: null,
      data: {},
    });
  });

  test.each([
    null,
    'text',
    [],
    [event],
    {},
    { event: null },
    { event: { id: 1, type: 'x' } },
    { event: { id: 'e1' } },
    { event: { id: '', type: 'x' } },
    { event: { id: 'e1', type: {} } },
    { event: { id: 'e'.repeat(256), type: 'x' } },
  ])('gives null for %j', (body) => {
    expect(readEnvelope(body)).toBeNull();
  });
});
