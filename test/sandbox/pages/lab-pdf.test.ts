import { describe, expect, test } from 'vitest';
import { createLabPdf, type LabReport } from '../../../src/sandbox/pages/lab-pdf.ts';
import { createLabReportLines } from '../../../src/sandbox/pages/lab-report.ts';
import { createSandbox } from '../../../src/sandbox/sandbox.ts';

function createReport(changes: Partial<LabReport> = {}): LabReport {
  return {
    title: 'Thyroid panel',
    patientName: 'Zoë (the 2nd) Łukasz\\',
    dateOfBirth: null,
    gender: 'female',
    practitionerName: 'Ada Lindqvist',
    clinicName: 'Cedar Row Wellness',
    orderId: 'order-1',
    resultId: 'result-1',
    reportedAt: '2026-03-02T14:00:00.000Z',
    amended: false,
    sections: [{ heading: 'Thyroid panel', lines: createLabReportLines('Thyroid panel', 'seed') }],
    ...changes,
  };
}

function toText(file: Uint8Array): string {
  return Buffer.from(file).toString('latin1');
}

describe('createLabPdf', () => {
  test('begins and ends as PDF 1.4, and its table points at every object', () => {
    const text = toText(createLabPdf(createReport()));
    expect(text.startsWith('%PDF-1.4\n')).toBe(true);
    expect(text.endsWith('%%EOF\n')).toBe(true);

    const tableAt = Number(/startxref\n(\d+)\n/.exec(text)?.[1]);
    expect(text.slice(tableAt, tableAt + 5)).toBe('xref\n');
    const entries = [...text.slice(tableAt).matchAll(/^(\d{10}) 00000 n $/gm)].map(([, offset]) => Number(offset));
    expect(entries).toHaveLength(Number(/\/Size (\d+)/.exec(text)?.[1]) - 1);
    entries.forEach((offset, position) => {
      const head = `${position + 1} 0 obj\n`;
      expect(text.slice(offset, offset + head.length)).toBe(head);
    });
  });

  test('states the exact length of each page', () => {
    const text = toText(createLabPdf(createReport()));
    const streams = [...text.matchAll(/<< \/Length (\d+) >>\nstream\n([\s\S]*?)\nendstream/g)];
    expect(streams).toHaveLength(1);
    for (const [, length, body = ''] of streams) expect(body).toHaveLength(Number(length));
  });

  test('escapes what would end a text, keeps accents, and writes other letters plainly', () => {
    const text = toText(createLabPdf(createReport()));
    expect(text).toContain('(Zo\\353 \\(the 2nd\\) Lukasz\\\\)');
  });

  test('says that it is amended only when it is', () => {
    expect(toText(createLabPdf(createReport()))).not.toContain('AMENDED');
    expect(toText(createLabPdf(createReport({ amended: true })))).toContain('AMENDED REPORT');
  });

  test('takes as many pages as the lines need, each with its number', () => {
    const lines = Array.from({ length: 70 }, (_, position) => ({
      name: `Analyte ${position}`,
      value: '1',
      unit: 'U/L',
      referenceRange: '0 - 2',
      flag: null,
    }));
    const text = toText(createLabPdf(createReport({ sections: [{ heading: 'Long', lines }] })));
    expect(text).toContain('/Count 3');
    expect(text).toContain('(Page 3 of 3)');
    for (const line of lines) expect(text).toContain(`(${line.name})`);
  });

  test('gives the same bytes for the same report', () => {
    expect(createLabPdf(createReport())).toEqual(createLabPdf(createReport()));
  });
});

describe('createLabReportLines', () => {
  test('depends on the test and the seed only', () => {
    expect(createLabReportLines('Lipid panel', 'one')).toEqual(createLabReportLines('Lipid panel', 'one'));
    expect(createLabReportLines('Lipid panel', 'one')).not.toEqual(createLabReportLines('Lipid panel', 'two'));
  });

  test('flags exactly the values outside of their range', () => {
    const lines = Array.from({ length: 60 }, (_, position) => createLabReportLines('Vitamin D', `seed-${position}`)[0]);
    const flags = new Set<string | null>();
    for (const line of lines) {
      const value = Number(line?.value);
      expect(line?.flag).toBe(value > 100 ? 'High' : value < 30 ? 'Low' : null);
      flags.add(line?.flag ?? null);
    }
    expect([...flags].sort()).toEqual(['High', 'Low', null]);
  });

  test('knows something to say about any test', () => {
    expect(createLabReportLines('Unheard of', 'seed')).toEqual([
      expect.objectContaining({ name: 'Unheard of', unit: 'U/L', referenceRange: '10 - 60' }),
    ]);
  });
});

test('every test of the seed catalogue has analytes of its own in its report', () => {
  const { state } = createSandbox();
  const tests = [...state.labPanels.values()].flatMap((panel) => panel.tests);
  expect(tests.length).toBeGreaterThan(10);
  for (const { name } of tests) {
    const lines = createLabReportLines(name, 'seed');
    expect([name, lines.some((line) => line.referenceRange === '10 - 60')]).toEqual([name, false]);
  }
});
