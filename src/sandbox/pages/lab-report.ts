import type { LabReportLine } from './lab-pdf.ts';

interface Analyte {
  readonly name: string;
  readonly unit: string;
  readonly low: number;
  readonly high: number;
  readonly decimals: number;
}

function analyte(name: string, unit: string, low: number, high: number, decimals: number): Analyte {
  return { name, unit, low, high, decimals };
}

/** Analytes by what a test's name has to contain; the first that fits counts. Ranges are ordinary adult ranges. */
const panels: readonly (readonly [pattern: RegExp, analytes: readonly Analyte[]])[] = [
  [/^total cholesterol$/i, [analyte('Cholesterol, total', 'mg/dL', 125, 200, 0)]],
  [/^hdl$/i, [analyte('HDL cholesterol', 'mg/dL', 40, 90, 0)]],
  [/^ldl$/i, [analyte('LDL cholesterol', 'mg/dL', 40, 100, 0)]],
  [/^triglycerides$/i, [analyte('Triglycerides', 'mg/dL', 40, 150, 0)]],
  [/^hemoglobin a1c$/i, [analyte('Hemoglobin A1c', '%', 4, 5.6, 1)]],
  [/^iron$/i, [analyte('Iron, total', 'ug/dL', 40, 190, 0)]],
  [/^tibc$/i, [analyte('Iron binding capacity', 'ug/dL', 250, 450, 0)]],
  [
    /microbiology/i,
    [
      analyte('Lactobacillus', 'log10 CFU/g', 4, 8, 1),
      analyte('Bifidobacterium', 'log10 CFU/g', 6, 10, 1),
      analyte('Escherichia coli', 'log10 CFU/g', 6, 9, 1),
      analyte('Candida', 'log10 CFU/g', 0, 3, 1),
    ],
  ],
  [
    /digestion/i,
    [
      analyte('Pancreatic elastase 1', 'ug/g', 200, 500, 0),
      analyte('Fecal fat, total', 'mg/g', 3, 32, 1),
      analyte('Stool pH', '', 5.8, 7.3, 1),
    ],
  ],
  [
    /inflammation markers/i,
    [
      analyte('Calprotectin', 'ug/g', 0, 50, 0),
      analyte('Lactoferrin', 'ug/g', 0, 7.2, 1),
      analyte('Secretory IgA', 'ug/mL', 510, 2010, 0),
    ],
  ],
  [
    /cortisol day curve/i,
    [
      analyte('Cortisol, saliva, on waking', 'nmol/L', 5.1, 40.2, 1),
      analyte('Cortisol, saliva, noon', 'nmol/L', 2.1, 15.7, 1),
      analyte('Cortisol, saliva, evening', 'nmol/L', 1.4, 9.2, 1),
      analyte('Cortisol, saliva, bedtime', 'nmol/L', 0, 6.5, 1),
    ],
  ],
  [
    /foods a$/i,
    ['Almond', 'Banana', 'Beef', 'Casein', 'Corn', 'Egg white'].map((food) => analyte(food, 'U/mL', 0, 24, 0)),
  ],
  [
    /foods b$/i,
    ['Gluten', 'Oat', 'Peanut', 'Soybean', 'Tomato', 'Yeast'].map((food) => analyte(food, 'U/mL', 0, 24, 0)),
  ],
  [
    /thyroid/i,
    [
      analyte('TSH', 'mIU/L', 0.4, 4.5, 2),
      analyte('Free T4', 'ng/dL', 0.8, 1.8, 2),
      analyte('Free T3', 'pg/mL', 2.3, 4.2, 1),
      analyte('TPO antibodies', 'IU/mL', 0, 9, 0),
    ],
  ],
  [/\btsh\b/i, [analyte('TSH', 'mIU/L', 0.4, 4.5, 2)]],
  [/\bt3\b/i, [analyte('Free T3', 'pg/mL', 2.3, 4.2, 1)]],
  [/\bt4\b/i, [analyte('Free T4', 'ng/dL', 0.8, 1.8, 2)]],
  [/vitamin d/i, [analyte('25-hydroxy vitamin D', 'ng/mL', 30, 100, 1)]],
  [/b12|folate/i, [analyte('Vitamin B12', 'pg/mL', 200, 1100, 0), analyte('Folate', 'ng/mL', 5.4, 20, 1)]],
  [/ferritin/i, [analyte('Ferritin', 'ng/mL', 16, 154, 0)]],
  [
    /iron|ana?emia/i,
    [
      analyte('Iron, total', 'ug/dL', 40, 190, 0),
      analyte('Iron binding capacity', 'ug/dL', 250, 450, 0),
      analyte('Saturation', '%', 16, 45, 0),
      analyte('Ferritin', 'ng/mL', 16, 154, 0),
    ],
  ],
  [
    /lipid|cholesterol|cardio/i,
    [
      analyte('Cholesterol, total', 'mg/dL', 125, 200, 0),
      analyte('HDL cholesterol', 'mg/dL', 40, 90, 0),
      analyte('LDL cholesterol', 'mg/dL', 40, 100, 0),
      analyte('Triglycerides', 'mg/dL', 40, 150, 0),
      analyte('Non-HDL cholesterol', 'mg/dL', 60, 130, 0),
    ],
  ],
  [
    /glucose|a1c|diabet|metabolic health|insulin/i,
    [
      analyte('Glucose, fasting', 'mg/dL', 65, 99, 0),
      analyte('Hemoglobin A1c', '%', 4, 5.6, 1),
      analyte('Insulin', 'uIU/mL', 2, 18, 1),
    ],
  ],
  [
    /metabolic|cmp|liver|kidney/i,
    [
      analyte('Glucose', 'mg/dL', 65, 99, 0),
      analyte('Sodium', 'mmol/L', 135, 146, 0),
      analyte('Potassium', 'mmol/L', 3.5, 5.3, 1),
      analyte('Chloride', 'mmol/L', 98, 110, 0),
      analyte('Calcium', 'mg/dL', 8.6, 10.4, 1),
      analyte('Creatinine', 'mg/dL', 0.5, 1.1, 2),
      analyte('Albumin', 'g/dL', 3.6, 5.1, 1),
      analyte('ALT', 'U/L', 6, 29, 0),
      analyte('AST', 'U/L', 10, 35, 0),
    ],
  ],
  [
    /blood count|cbc/i,
    [
      analyte('White blood cells', '10^3/uL', 3.8, 10.8, 1),
      analyte('Red blood cells', '10^6/uL', 3.8, 5.1, 2),
      analyte('Hemoglobin', 'g/dL', 11.7, 15.5, 1),
      analyte('Hematocrit', '%', 35, 45, 1),
      analyte('Platelets', '10^3/uL', 140, 400, 0),
    ],
  ],
  [
    /cortisol|adrenal|stress/i,
    [
      analyte('Cortisol, morning', 'ug/dL', 6, 18.4, 1),
      analyte('Cortisol, evening', 'ug/dL', 2.7, 10.5, 1),
      analyte('DHEA sulfate', 'ug/dL', 31, 228, 0),
    ],
  ],
  [
    /hormone|estr|oestr|testosterone|progesterone|fertility/i,
    [
      analyte('Estradiol', 'pg/mL', 19, 144, 0),
      analyte('Progesterone', 'ng/mL', 0.2, 21.5, 1),
      analyte('Testosterone, total', 'ng/dL', 2, 45, 0),
      analyte('FSH', 'mIU/mL', 2.5, 10.2, 1),
      analyte('LH', 'mIU/mL', 1.9, 12.5, 1),
    ],
  ],
  [/crp|inflammation/i, [analyte('C-reactive protein, high sensitivity', 'mg/L', 0, 1, 1)]],
  [/homocysteine/i, [analyte('Homocysteine', 'umol/L', 4, 10.4, 1)]],
  [/magnesium|mineral/i, [analyte('Magnesium, red cell', 'mg/dL', 4, 6.4, 1), analyte('Zinc', 'ug/dL', 60, 130, 0)]],
  [/omega/i, [analyte('Omega-3 index', '%', 5.4, 12, 1), analyte('Arachidonic acid / EPA', 'ratio', 3.7, 40.7, 1)]],
];

/** A repeatable number in [0, 1) for a piece of text (FNV-1a, with its bits stirred once more). */
function chanceOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let position = 0; position < text.length; position += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(position), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

/**
 * Invents the measured values of one test. They depend only on the test's name and `seed` (such as the result's id and
 * version), so that a file read twice says the same, and an amended one says something else. About one value in five lies
 * outside of its range and is flagged.
 */
export function createLabReportLines(testName: string, seed: string): LabReportLine[] {
  const analytes = panels.find(([pattern]) => pattern.test(testName))?.[1] ?? [analyte(testName, 'U/L', 10, 60, 0)];
  return analytes.map((each) => {
    const place = chanceOf(`${seed}/${each.name}`) * 1.24 - 0.12;
    const value = Math.max(0, each.low + place * (each.high - each.low)).toFixed(each.decimals);
    const measured = Number(value);
    return {
      name: each.name,
      value,
      unit: each.unit,
      referenceRange: each.low === 0 ? `<= ${each.high}` : `${each.low} - ${each.high}`,
      flag: measured > each.high ? 'High' : measured < each.low ? 'Low' : null,
    };
  });
}
