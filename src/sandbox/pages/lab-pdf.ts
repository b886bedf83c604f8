/** One measured value of a lab report, all as printable text. */
export interface LabReportLine {
  readonly name: string;
  readonly value: string;
  readonly unit: string;
  readonly referenceRange: string;
  /** Shown in bold beside the value when it lies outside of the range. */
  readonly flag: 'High' | 'Low' | null;
}

/** What a lab result file of the sandbox says. Instants and dates are printed as given. */
export interface LabReport {
  readonly title: string;
  readonly patientName: string;
  readonly dateOfBirth: string | null;
  readonly gender: string | null;
  readonly practitionerName: string;
  readonly clinicName: string;
  readonly orderId: string;
  readonly resultId: string;
  readonly reportedAt: string;
  /** An amended report says so under its title. */
  readonly amended: boolean;
  readonly sections: readonly { readonly heading: string; readonly lines: readonly LabReportLine[] }[];
}

type Colour = readonly [red: number, green: number, blue: number];
type FontName = 'F1' | 'F2';

const pageWidth = 612;
const pageHeight = 792;
const margin = 54;
const lineHeight = 19;
const lowestLine = 84;
const forest: Colour = [0.106, 0.325, 0.247];
const leaf: Colour = [0.533, 0.69, 0.294];
const grey: Colour = [0.212, 0.282, 0.361];
const black: Colour = [0.13, 0.15, 0.18];
const alarm: Colour = [0.66, 0.18, 0.12];
const white: Colour = [1, 1, 1];
const columns = { name: margin + 8, value: 270, unit: 350, range: 424, flag: 514 } as const;

/** Advance widths of Helvetica for the characters 32 to 126, in thousandths of the font size. */
const helveticaWidths = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
  556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
  722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
  556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
  260, 334, 584,
];

function widthOf(text: string, size: number): number {
  let thousandths = 0;
  for (const character of text) thousandths += helveticaWidths[character.charCodeAt(0) - 32] ?? 556;
  return (thousandths * size) / 1000;
}

function fit(text: string, size: number, width: number): string {
  if (widthOf(text, size) <= width) return text;
  let kept = text;
  while (kept.length > 1 && widthOf(`${kept}...`, size) > width) kept = kept.slice(0, -1);
  return `${kept}...`;
}

/** Characters between 128 and 159 in the WinAnsi encoding that ordinary text may carry. */
const winAnsiExtras: Readonly<Record<string, number>> = {
  '€': 128,
  '…': 133,
  Š: 138,
  Œ: 140,
  Ž: 142,
  '‘': 145,
  '’': 146,
  '“': 147,
  '”': 148,
  '•': 149,
  '–': 150,
  '—': 151,
  š: 154,
  œ: 156,
  ž: 158,
  Ÿ: 159,
};

/** Letters that do not come apart into a base letter and an accent. */
const plainLetters: Readonly<Record<string, string>> = { Ł: 'L', ł: 'l', Đ: 'D', đ: 'd', ı: 'i', Ħ: 'H', ħ: 'h' };

/** Turns text into the escaped body of a PDF string in WinAnsi; a letter it lacks loses its accent, or becomes `?`. */
function toPdfText(text: string): string {
  let out = '';
  for (const character of text.normalize('NFC')) {
    const bare = plainLetters[character] ?? character.normalize('NFD').charAt(0);
    const candidates = [character, bare];
    let code: number | undefined;
    for (const candidate of candidates) {
      const point = candidate.codePointAt(0) ?? 0;
      code ??=
        winAnsiExtras[candidate] ?? ((point >= 32 && point < 127) || (point >= 160 && point < 256) ? point : undefined);
    }
    const shown = code ?? 63;
    if (shown === 40 || shown === 41 || shown === 92) out += `\\${String.fromCharCode(shown)}`;
    else if (shown > 126) out += `\\${shown.toString(8).padStart(3, '0')}`;
    else out += String.fromCharCode(shown);
  }
  return out;
}

interface Sheet {
  readonly commands: string[];
}

function fill(sheet: Sheet, colour: Colour, x: number, y: number, width: number, height: number): void {
  sheet.commands.push(`${colour.join(' ')} rg ${x} ${y} ${width} ${height} re f`);
}

function write(
  sheet: Sheet,
  text: string,
  x: number,
  y: number,
  size: number,
  colour: Colour,
  font: FontName = 'F1',
): void {
  sheet.commands.push(`BT ${colour.join(' ')} rg /${font} ${size} Tf ${x} ${y} Td (${toPdfText(text)}) Tj ET`);
}

function writeHeader(sheet: Sheet, report: LabReport): number {
  fill(sheet, forest, 0, pageHeight - 62, pageWidth, 62);
  fill(sheet, leaf, 0, pageHeight - 66, pageWidth, 4);
  write(sheet, 'Fullscript sandbox laboratory', margin, pageHeight - 38, 17, white, 'F2');
  write(sheet, 'Made-up data. Not a medical document.', 390, pageHeight - 37, 9.5, white);
  write(sheet, fit(report.title, 19, pageWidth - 2 * margin), margin, pageHeight - 104, 19, forest, 'F2');
  if (report.amended)
    write(sheet, 'AMENDED REPORT - replaces the earlier version', margin, pageHeight - 122, 10, alarm, 'F2');

  const facts: readonly (readonly [label: string, value: string])[] = [
    ['Patient', report.patientName],
    ['Ordered by', report.practitionerName],
    ['Date of birth', report.dateOfBirth ?? 'not given'],
    ['Clinic', report.clinicName],
    ['Sex', report.gender ?? 'not given'],
    ['Reported', report.reportedAt],
    ['Order', report.orderId],
    ['Result', report.resultId],
  ];
  let y = pageHeight - 148;
  facts.forEach(([label, value], position) => {
    const x = position % 2 === 0 ? margin : 312;
    write(sheet, label.toUpperCase(), x, y, 7.5, grey, 'F2');
    write(sheet, fit(value, 10.5, 240), x, y - 13, 10.5, black);
    if (position % 2 === 1) y -= 34;
  });
  return y - 10;
}

function writeTableHead(sheet: Sheet, heading: string, y: number): number {
  write(sheet, fit(heading, 12.5, pageWidth - 2 * margin), margin, y, 12.5, forest, 'F2');
  const top = y - 26;
  fill(sheet, [0.92, 0.945, 0.925], margin, top - 5, pageWidth - 2 * margin, 18);
  write(sheet, 'Analyte', columns.name, top, 9, grey, 'F2');
  write(sheet, 'Value', columns.value, top, 9, grey, 'F2');
  write(sheet, 'Unit', columns.unit, top, 9, grey, 'F2');
  write(sheet, 'Reference', columns.range, top, 9, grey, 'F2');
  write(sheet, 'Flag', columns.flag, top, 9, grey, 'F2');
  return top - 20;
}

function writeLine(sheet: Sheet, line: LabReportLine, y: number): void {
  const font: FontName = line.flag === null ? 'F1' : 'F2';
  const colour = line.flag === null ? black : alarm;
  write(sheet, fit(line.name, 10, columns.value - columns.name - 8), columns.name, y, 10, black);
  write(sheet, fit(line.value, 10, columns.unit - columns.value - 8), columns.value, y, 10, colour, font);
  write(sheet, fit(line.unit, 10, columns.range - columns.unit - 6), columns.unit, y, 10, black);
  write(sheet, fit(line.referenceRange, 10, columns.flag - columns.range - 6), columns.range, y, 10, black);
  if (line.flag !== null) write(sheet, line.flag, columns.flag, y, 10, alarm, 'F2');
  fill(sheet, [0.87, 0.89, 0.91], margin, y - 6, pageWidth - 2 * margin, 0.6);
}

function toSheets(report: LabReport): Sheet[] {
  let sheet: Sheet = { commands: [] };
  const sheets = [sheet];
  let y = writeHeader(sheet, report);
  const turn = (): void => {
    sheet = { commands: [] };
    sheets.push(sheet);
    fill(sheet, forest, 0, pageHeight - 14, pageWidth, 14);
    y = pageHeight - 54;
  };
  for (const section of report.sections) {
    if (y < lowestLine + 5 * lineHeight) turn();
    y = writeTableHead(sheet, section.heading, y);
    for (const line of section.lines) {
      if (y < lowestLine) {
        turn();
        y = writeTableHead(sheet, `${section.heading} (continued)`, y);
      }
      writeLine(sheet, line, y);
      y -= lineHeight;
    }
    y -= 16;
  }
  sheets.forEach((each, position) => {
    write(each, fit(`${report.patientName} - ${report.title}`, 8.5, 380), margin, 40, 8.5, grey);
    write(each, `Page ${position + 1} of ${sheets.length}`, pageWidth - margin - 56, 40, 8.5, grey);
  });
  return sheets;
}

/** Document properties know neither WinAnsi nor UTF-8: UTF-16 with a byte order mark, as a hexadecimal string. */
function toPdfProperty(text: string): string {
  const units = Array.from({ length: text.length }, (_, position) => text.charCodeAt(position));
  return `<FEFF${units.map((unit) => unit.toString(16).padStart(4, '0')).join('')}>`;
}

function toPdfDate(instant: string): string | null {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)/.exec(instant);
  return parts === null ? null : `D:${parts.slice(1).join('')}Z`;
}

/**
 * Writes a lab report as a PDF 1.4 file: Letter pages, the built-in Helvetica fonts, one table a section, as many pages
 * as it takes. The same report always gives the same bytes. It starts with `%PDF-`, as readers that check a file's kind expect.
 */
export function createLabPdf(report: LabReport): Uint8Array<ArrayBuffer> {
  const sheets = toSheets(report);
  const firstSheetNumber = 6;
  const created = toPdfDate(report.reportedAt);
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${sheets.length} /Kids [${sheets.map((_, position) => `${firstSheetNumber + 2 * position} 0 R`).join(' ')}] >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>',
    `<< /Title ${toPdfProperty(report.title)} /Producer (Fullscript sandbox)${created === null ? '' : ` /CreationDate (${created})`} >>`,
  ];
  sheets.forEach((sheet, position) => {
    const body = sheet.commands.join('\n');
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${pageWidth} ${pageHeight}] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents ${firstSheetNumber + 2 * position + 1} 0 R >>`,
      `<< /Length ${body.length} >>\nstream\n${body}\nendstream`,
    );
  });

  let file = '%PDF-1.4\n%\u00e2\u00e3\u00cf\u00d3\n';
  const offsets = objects.map((body, position) => {
    const offset = file.length;
    file += `${position + 1} 0 obj\n${body}\nendobj\n`;
    return offset;
  });
  const tableAt = file.length;
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}`;
  file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info 5 0 R >>\nstartxref\n${tableAt}\n%%EOF\n`;
  return Uint8Array.from(Buffer.from(file, 'latin1'));
}
