import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/admin/command-line.ts';
import { readCsv } from '../../src/admin/csv.ts';
import { readPatientIds, splitPatientIds } from '../../src/admin/patient-ids.ts';

const folder = mkdtempSync(join(tmpdir(), 'patient-ids-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function write(content: string | Uint8Array): string {
  files += 1;
  const path = join(folder, `${String(files)}.csv`);
  writeFileSync(path, content);
  return path;
}

async function read(content: string | Uint8Array) {
  const { ids, repeated, withoutId } = await readPatientIds(write(content));
  return { ids: [...ids], repeated, withoutId };
}

const ids = async (content: string | Uint8Array): Promise<string[]> => (await read(content)).ids;

describe('A list of patients', () => {
  it('has one id a line, with any line end, blank lines and blanks, and a mark at its beginning or none', async () => {
    expect(await ids('p-1\np-2\np-3\n')).toEqual(['p-1', 'p-2', 'p-3']);
    expect(await ids('p-1\r\np-2\r\n\r\n  \r\np-3')).toEqual(['p-1', 'p-2', 'p-3']);
    expect(await ids('p-1\rp-2\rp-3')).toEqual(['p-1', 'p-2', 'p-3']);
    expect(await ids('\ufeff p-1 \n\tp-2\t\n')).toEqual(['p-1', 'p-2']);
  });

  it('is CSV: the column called patient_id or id, else the first', async () => {
    expect(await ids('name,ID\nMira,p-1\nNora,p-2')).toEqual(['p-1', 'p-2']);
    expect(await ids('\ufeff"Patient ID",id\r\np-1,visit-1\r\n')).toEqual(['p-1']);
    expect(await ids('id,patient_id\nvisit-1,p-1')).toEqual(['p-1']);
    expect(await ids('\n\n,\nPatientId,x\np-1,id')).toEqual(['p-1']);
    expect(await ids('p-1,Mira\np-2,id')).toEqual(['p-1', 'p-2']);
  });

  it('reads quotes with commas, line ends and quotes in them', async () => {
    expect(await ids('name,note,id\n"Okoye, Mira","two\r\nlines, ""quoted""",p-1\n"","", "p,2" \n')).toEqual([
      'p-1',
      'p,2',
    ]);
    expect(await ids('"p-1"\n"p""2"\nit"s\n')).toEqual(['p-1', 'p"2', 'it"s']);
    expect(await ids('"p-1"')).toEqual(['p-1']);
  });

  it('gives each id once and counts what repeats or lacks one', async () => {
    expect(await read('id,name\np-1,a\np-2,b\np-1,c\n,d\nP-1,e\n , \n')).toEqual({
      ids: ['p-1', 'p-2', 'P-1'],
      repeated: 1,
      withoutId: 1,
    });
    expect(await read('name,id\nMira\nNora,p-2')).toMatchObject({ ids: ['p-2'], withoutId: 1 });
  });

  it('takes ids of any format up to 255 characters', async () => {
    const odd = ['ünï-病', '𝔭-1', 'x'.repeat(255), "'; DROP TABLE patient_link; --"];
    expect(await ids(odd.join('\n'))).toEqual(odd);
  });

  it.each([
    ['an id that is too long', `p-1\n${'x'.repeat(256)}`, 'line 2 has an id of more than 255 characters'],
    ['a quote that is not closed', 'p-1\n"p-2\np-3\n', 'line 2: a quote is not closed'],
    [
      'a quote that is not closed in much text',
      `"${'x'.repeat(1_100_000)}`,
      'line 1 has no end: a quote may be missing',
    ],
    ['more behind a closing quote', 'p-1\n\n"p-2"x\n', 'line 3: there is more behind a closing quote'],
    ['nobody', '\n \n', 'there is no id in it'],
    ['nothing but a header', 'id,name\n', 'there is no id in it'],
    ['UTF-16', Buffer.from('\ufeffp-1\n', 'utf16le'), 'it is not UTF-8 text'],
    ['a character that is cut off', Buffer.from([0x70, 0xc3]), 'it is not UTF-8 text'],
  ])('is refused with %s', async (_, content, message) => {
    const path = write(content);
    await expect(readPatientIds(path)).rejects.toThrow(UsageError);
    await expect(readPatientIds(path)).rejects.toThrow(`--file ${path} cannot be used: ${message}`);
  });

  it('is refused when it is not there', async () => {
    await expect(readPatientIds(join(folder, 'nowhere'))).rejects.toThrow('cannot be used: ENOENT');
    await expect(readPatientIds(folder)).rejects.toThrow(UsageError);
  });

  it('may be given between commas', () => {
    expect([...splitPatientIds(' p-1,p-2 ,,p-1').ids]).toEqual(['p-1', 'p-2']);
    expect(splitPatientIds('p-1,p-1').repeated).toBe(1);
    expect(() => splitPatientIds(', ,')).toThrow(UsageError);
    expect(() => splitPatientIds(`p-1,${'x'.repeat(256)}`)).toThrow('--ids has an id of more than 255 characters');
  });

  it('may have 100 000 rows, and comes out the same wherever the file is cut', async () => {
    const rows = Array.from({ length: 100_000 }, (_, index) => `"Näme, ${String(index)}",p-${String(index)}\r\n`);
    const text = `name,id\r\n${rows.join('')}`;
    const all = await readPatientIds(write(text));
    expect(all.ids.size).toBe(100_000);
    expect(all.ids.has('p-99999')).toBe(true);

    const sample = Buffer.from('\ufeff"a""b",ü\r\n"x\r\ny",2\r3,4\n');
    const readIn = async (size: number) => {
      const pieces = Array.from({ length: Math.ceil(sample.length / size) }, (_, index) =>
        sample.subarray(index * size, (index + 1) * size),
      );
      const found = [];
      for await (const row of readCsv(Readable.from(pieces))) found.push(row);
      return found;
    };
    const whole = await readIn(sample.length);
    expect(whole).toEqual([
      { cells: ['a"b', 'ü'], line: 1 },
      { cells: ['x\r\ny', '2'], line: 2 },
      { cells: ['3', '4'], line: 4 },
    ]);
    for (let size = 1; size < sample.length; size += 1) expect(await readIn(size)).toEqual(whole);
  });
});
