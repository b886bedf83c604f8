import { describe, expect, test } from 'vitest';
import { createCircuit, toOpenMs, type Circuit, type Sign } from '../../src/fullscript/circuit.ts';
import { createMemoryLog } from '../support/fullscript-room.ts';

const plans = 'GET /clinic/patients/{id}/treatment_plans';
const labs = 'GET /clinic/labs/orders';
const clinic = 'GET /clinic';

/** A circuit of 4 slots under a clock of its own; chance takes nothing off its times. */
function start(random = 0) {
  let at = Date.parse('2026-03-02T14:00:00.000Z');
  const log = createMemoryLog();
  const slots: number[] = [];
  const circuit = createCircuit({
    now: () => new Date(at),
    random: () => random,
    log,
    slots: 4,
    onSlots: (count) => slots.push(count),
  });
  return { circuit, log, slots, forward: (milliseconds: number) => void (at += milliseconds) };
}

function tryOnce(circuit: Circuit, endpoint: string, sign: Sign): boolean {
  const passage = circuit.enter(endpoint);
  passage?.end(sign);
  return passage !== null;
}

/** Has so many tries fail, spread over two seconds. */
function failMany({ circuit, forward }: ReturnType<typeof start>, count: number, endpoint = plans): void {
  for (let i = 0; i < count; i += 1) {
    forward(2000 / count);
    tryOnce(circuit, endpoint, 'failed');
  }
}

describe('a closed circuit', () => {
  test('opens with the tenth failure in a row, over a second or longer', () => {
    const one = start();
    failMany(one, 9);
    expect(one.circuit.state()).toBe('closed');
    tryOnce(one.circuit, plans, 'failed');
    expect(one.circuit.state()).toBe('open');
    expect(one.circuit.findRefusal(plans)).toBe(1000);
    expect(one.circuit.enter(plans)).toBeNull();
  });

  test('stays closed while every fifth call fails, and however many of one endpoint fail while others answer', () => {
    const one = start();
    for (let i = 1; i <= 1000; i += 1) {
      one.forward(50);
      tryOnce(one.circuit, plans, i % 5 === 0 ? 'failed' : 'answered');
    }
    for (let i = 1; i <= 1000; i += 1) {
      one.forward(50);
      tryOnce(one.circuit, labs, 'failed');
      if (i % 9 === 0) tryOnce(one.circuit, plans, 'answered');
    }
    expect(one.circuit.state()).toBe('closed');
    expect(one.log.lines).toEqual([]);
  });

  test('stays closed when many connections break together, and when failures lie a minute apart', () => {
    const together = start();
    for (let i = 0; i < 50; i += 1) tryOnce(together.circuit, plans, 'failed');
    expect(together.circuit.state()).toBe('closed');
    const apart = start();
    for (let i = 0; i < 50; i += 1) {
      apart.forward(60_001);
      tryOnce(apart.circuit, plans, 'failed');
    }
    expect(apart.circuit.state()).toBe('closed');
  });

  test('opens when as many as it takes hang and time out together', () => {
    const one = start();
    const passages = Array.from({ length: 10 }, () => one.circuit.enter(plans));
    one.forward(5000);
    for (const passage of passages) passage?.end('failed');
    expect(one.circuit.state()).toBe('open');
  });

  test('learns nothing from callers who leave', () => {
    const one = start();
    for (let i = 0; i < 50; i += 1) {
      one.forward(1000);
      tryOnce(one.circuit, plans, 'nothing');
    }
    expect(one.circuit.state()).toBe('closed');
  });
});

describe('an open circuit', () => {
  test('lets endpoints through that have not failed; their answer closes it', () => {
    const one = start();
    failMany(one, 10, labs);
    expect(one.circuit.enter(labs)).toBeNull();
    expect(one.circuit.findRefusal(plans)).toBeNull();
    expect(tryOnce(one.circuit, plans, 'answered')).toBe(true);
    expect(one.circuit.state()).toBe('closed');
    expect(one.circuit.findRefusal(labs)).toBeNull();
  });

  test('refuses them as well once they have failed', () => {
    const one = start();
    failMany(one, 10, labs);
    tryOnce(one.circuit, plans, 'failed');
    expect(one.circuit.enter(plans)).toBeNull();
  });

  test('lets out what insists, and its answer closes it', () => {
    const one = start();
    failMany(one, 10);
    const passage = one.circuit.enter(plans, true);
    expect(passage).not.toBeNull();
    passage?.end('failed');
    expect(one.circuit.state()).toBe('open');
    one.circuit.enter(plans, true)?.end('answered');
    expect(one.circuit.state()).toBe('closed');
  });

  test('keeps its trial for others than who insists, however often that fails', () => {
    const one = start();
    failMany(one, 10);
    one.forward(1000);
    one.circuit.enter(labs, true)?.end('failed');
    expect(one.circuit.state()).toBe('half_open');
    one.circuit.enter(plans)?.end('answered');
    expect(one.circuit.state()).toBe('closed');
  });

  test('is half open after its time: one call at a time, and anew, for longer, when that fails', () => {
    const one = start();
    failMany(one, 10);
    for (const openMs of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      one.forward(openMs - 1);
      expect(one.circuit.state()).toBe('open');
      expect(one.circuit.enter(plans)).toBeNull();
      one.forward(1);
      expect(one.circuit.state()).toBe('half_open');
      const trial = one.circuit.enter(plans);
      expect(trial).not.toBeNull();
      expect(one.circuit.enter(plans)).toBeNull();
      trial?.end('failed');
      expect(one.circuit.enter(plans)).toBeNull();
    }
    expect(one.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  test('gives the trial to the next one when whoever had it leaves', () => {
    const one = start();
    failMany(one, 10);
    one.forward(1000);
    one.circuit.enter(plans)?.end('nothing');
    expect(one.circuit.state()).toBe('half_open');
    expect(one.circuit.enter(plans)).not.toBeNull();
  });

  test('keeps its time whatever earlier calls still end in', () => {
    const one = start();
    const early = Array.from({ length: 5 }, () => one.circuit.enter(clinic));
    failMany(one, 10);
    for (const passage of early) passage?.end('failed');
    one.forward(1000);
    expect(one.circuit.state()).toBe('half_open');
  });
});

describe('after an outage', () => {
  function comeBack(one: ReturnType<typeof start>): void {
    failMany(one, 10);
    one.forward(1000);
    tryOnce(one.circuit, plans, 'answered');
  }

  test('calls are let back in one by one more, and each change is logged once', () => {
    const one = start();
    comeBack(one);
    expect(one.slots).toEqual([1]);
    for (let i = 0; i < 10; i += 1) tryOnce(one.circuit, plans, 'answered');
    expect(one.slots).toEqual([1, 2, 3, 4]);
    expect(one.log.lines.map(({ level, fields }) => [level, fields])).toEqual([
      ['warn', { circuit: 'open', failures: 10, endpoints: 1, retryInMs: 1000 }],
      ['info', { circuit: 'closed', downMs: 2800 }],
    ]);
  });

  test('a single failure changes nothing, three in a row open it again, for longer', () => {
    const one = start();
    comeBack(one);
    tryOnce(one.circuit, plans, 'failed');
    tryOnce(one.circuit, plans, 'failed');
    expect(one.circuit.state()).toBe('closed');
    tryOnce(one.circuit, plans, 'failed');
    expect(one.circuit.state()).toBe('open');
    expect(one.circuit.findRefusal(plans)).toBe(2000);
  });

  test('it is as patient as ever once all slots are in use again', () => {
    const one = start();
    comeBack(one);
    for (let i = 0; i < 3; i += 1) tryOnce(one.circuit, plans, 'answered');
    failMany(one, 9);
    expect(one.circuit.state()).toBe('closed');
    failMany(one, 1);
    expect(one.circuit.findRefusal(plans)).toBe(1000);
  });
});

test('chance takes up to half of the time away', () => {
  expect(toOpenMs(1, 0)).toBe(1000);
  expect(toOpenMs(1, 1)).toBe(500);
  expect(toOpenMs(3, 0.5)).toBe(3000);
  expect(toOpenMs(100, 0)).toBe(30_000);
});
