import { toSeedId } from '../ids.ts';
import type { Brand, LabPanel, Product, SandboxState, TaxonomyKind, Variant } from '../state.ts';

type ProductLine = [name: string, format: string, unitOfMeasure: string, packs: number[], price: number];

/** Invented makers with their products; packs are units per pack, the price is that of the first pack in dollars. */
const catalog: Record<string, ProductLine[]> = {
  'Alder & Vale': [
    ['Magnesium Glycinate 120 mg', 'capsule', 'capsules', [60, 120, 240], 21.5],
    ['Vitamin D3 + K2', 'drops', 'ml', [30], 24],
    ['B-Complex Active', 'capsule', 'capsules', [60, 120], 27.9],
    ['Zinc Bisglycinate 15 mg', 'capsule', 'capsules', [60, 120], 14.8],
    ['Methylfolate 400 mcg', 'capsule', 'capsules', [90], 18.4],
    ['Iron Gentle 25 mg', 'capsule', 'capsules', [60], 15.2],
    ['Calcium Citrate 250 mg', 'tablet', 'tablets', [90, 180], 19.6],
    ['Selenium 100 mcg', 'capsule', 'capsules', [90], 13.1],
  ],
  'North Harbor Labs': [
    ['Omega-3 High Potency', 'capsule', 'softgels', [60, 120, 180], 34],
    ['Algae DHA', 'capsule', 'softgels', [60], 36.5],
    ['Cod Liver Oil Lemon', 'liquid', 'ml', [237], 29.9],
    ['CoQ10 Ubiquinol 100 mg', 'capsule', 'softgels', [30, 60], 44],
    ['Krill Oil 500 mg', 'capsule', 'softgels', [60], 31.2],
    ['Astaxanthin 12 mg', 'capsule', 'softgels', [30], 33],
    ['Evening Primrose Oil', 'capsule', 'softgels', [90], 22.7],
    ['Vitamin E Mixed Tocopherols', 'capsule', 'softgels', [60], 25.3],
  ],
  Fernwood: [
    ['Ashwagandha Root Extract', 'capsule', 'capsules', [60, 120], 28.5],
    ['Rhodiola Rosea 250 mg', 'capsule', 'capsules', [60], 26.4],
    ['Turmeric Phytosome', 'capsule', 'capsules', [60, 120], 39.9],
    ['Milk Thistle Complex', 'capsule', 'capsules', [90], 23.8],
    ['Valerian & Hops', 'liquid', 'ml', [50, 100], 19.5],
    ['Holy Basil', 'capsule', 'capsules', [60], 20.9],
    ['Ginger Root', 'capsule', 'capsules', [90], 16.7],
    ['Elderberry Syrup', 'liquid', 'ml', [120, 240], 22],
  ],
  Biolumen: [
    ['Daily Probiotic 25 Billion', 'capsule', 'capsules', [30, 60], 38],
    ['Spore Probiotic', 'capsule', 'capsules', [60], 46.9],
    ['Saccharomyces Boulardii', 'capsule', 'capsules', [30, 60], 29.4],
    ['Prebiotic Fiber', 'powder', 'g', [180, 360], 27.5],
    ['Digestive Enzymes Full Spectrum', 'capsule', 'capsules', [90, 180], 35.6],
    ['Betaine HCl + Pepsin', 'capsule', 'capsules', [120], 24.2],
    ['L-Glutamine Powder', 'powder', 'g', [250, 500], 32.3],
    ['Gut Lining Support', 'powder', 'g', [168], 48],
  ],
  'Quiet Meadow': [
    ['Melatonin 1 mg', 'lozenge', 'lozenges', [60], 12.9],
    ['L-Theanine 200 mg', 'chewable', 'chewables', [60, 120], 24.6],
    ['GABA 300 mg', 'capsule', 'capsules', [60], 21.3],
    ['Evening Calm', 'capsule', 'capsules', [60, 120], 33.4],
    ['5-HTP 100 mg', 'capsule', 'capsules', [60], 23.7],
    ['Inositol Powder', 'powder', 'g', [227], 28.1],
    ['Glycine 1000 mg', 'capsule', 'capsules', [120], 17.5],
    ['Lemon Balm Drops', 'drops', 'ml', [30], 16.4],
  ],
  'Cascade Nutrients': [
    ['Multi One', 'tablet', 'tablets', [30, 90], 26.8],
    ['Prenatal Complete', 'capsule', 'capsules', [90, 180], 37.7],
    ['Children’s Multi Chewable', 'chewable', 'chewables', [60, 120], 19.9],
    ['Men 50+ Multi', 'tablet', 'tablets', [90], 31.9],
    ['Vitamin C Buffered', 'powder', 'g', [120, 240], 22.6],
    ['Vitamin A 3000 mcg', 'capsule', 'softgels', [90], 11.8],
    ['Electrolyte Packets', 'packet', 'packets', [20, 40], 25],
    ['Trace Minerals', 'liquid', 'ml', [60], 18.9],
  ],
  'Sable Creek': [
    ['NAC 600 mg', 'capsule', 'capsules', [60, 120], 22.4],
    ['Alpha-Lipoic Acid 300 mg', 'capsule', 'capsules', [60], 27.3],
    ['Liposomal Glutathione', 'liquid', 'ml', [50, 120], 49.5],
    ['Berberine 500 mg', 'capsule', 'capsules', [60, 120], 31],
    ['Chromium Picolinate', 'capsule', 'capsules', [90], 12.2],
    ['Quercetin Phytosome', 'capsule', 'capsules', [60], 34.8],
    ['Resveratrol 250 mg', 'capsule', 'capsules', [60], 36],
    ['DIM 150 mg', 'capsule', 'capsules', [60], 30.5],
  ],
  Everlea: [
    ['Collagen Peptides', 'powder', 'g', [280, 560], 39],
    ['Hyaluronic Acid', 'capsule', 'capsules', [60], 29.8],
    ['Biotin 5000 mcg', 'capsule', 'capsules', [60], 15.9],
    ['Silica Drops', 'drops', 'ml', [30], 27.2],
    ['Glucosamine & MSM', 'tablet', 'tablets', [120], 28.7],
    ['Boswellia Extract', 'capsule', 'capsules', [60], 25.9],
    ['Joint Ease Strips', 'strip', 'strips', [30], 21],
    ['Arnica Pellets 30C', 'pellet', 'pellets', [80], 9.9],
  ],
  'Hearth & Root': [
    ['Whey Protein Isolate Vanilla', 'powder', 'g', [450, 900], 46],
    ['Pea Protein Cacao', 'powder', 'g', [500], 38.5],
    ['MCT Oil', 'liquid', 'ml', [473], 26.3],
    ['Greens Powder', 'powder', 'g', [300], 44.4],
    ['Psyllium Husk', 'powder', 'g', [340], 17.8],
    ['Apple Cider Vinegar Caps', 'capsule', 'capsules', [90], 18.2],
    ['Creatine Monohydrate', 'powder', 'g', [300, 600], 29],
    ['Bone Broth Packets', 'packet', 'packets', [15], 33.3],
  ],
  Luminary: [
    ['Thyroid Cofactors', 'capsule', 'capsules', [60, 120], 34.9],
    ['Adrenal Balance', 'capsule', 'capsules', [90], 41.2],
    ['Vitex Berry', 'liquid', 'ml', [50], 22.9],
    ['Myo-Inositol & D-Chiro', 'powder', 'g', [120], 47.5],
    ['Maca Root', 'capsule', 'capsules', [90], 21.6],
    ['Saw Palmetto', 'capsule', 'softgels', [60], 24.1],
    ['Boric Acid Suppositories', 'suppository', 'suppositories', [14], 26.6],
    ['Black Cohosh', 'capsule', 'capsules', [60], 19.3],
  ],
};

const terms: Record<TaxonomyKind, string[]> = {
  allergens: ['Dairy', 'Egg', 'Fish', 'Gluten', 'Shellfish', 'Soy', 'Tree nuts'],
  ingredients: ['Ashwagandha', 'Curcumin', 'Magnesium', 'Omega-3', 'Probiotics', 'Vitamin D', 'Zinc'],
  supplement_types: ['Amino acids', 'Botanicals', 'Fatty acids', 'Minerals', 'Probiotics', 'Vitamins'],
  third_party_certifications: ['Informed Sport', 'Non-GMO verified', 'NSF Certified for Sport', 'USDA Organic'],
};

type PanelLine = [name: string, lab: string, price: string, fasting: boolean, draw: boolean, tests: string[]];

const panels: PanelLine[] = [
  ['Vitamin D, 25-Hydroxy', 'Meridian Diagnostics', '59.00', false, true, ['Vitamin D, 25-OH']],
  ['Thyroid Panel', 'Meridian Diagnostics', '129.00', false, true, ['TSH', 'Free T3', 'Free T4']],
  ['Lipid Panel', 'Meridian Diagnostics', '45.00', true, true, ['Total cholesterol', 'HDL', 'LDL', 'Triglycerides']],
  ['Hemoglobin A1c', 'Meridian Diagnostics', '39.00', false, true, ['Hemoglobin A1c']],
  ['Iron & Ferritin', 'Meridian Diagnostics', '68.00', true, true, ['Iron', 'Ferritin', 'TIBC']],
  [
    'GI Stool Profile',
    'Oakline Functional',
    '379.00',
    false,
    false,
    ['Microbiology', 'Digestion markers', 'Inflammation markers'],
  ],
  ['Salivary Cortisol x4', 'Oakline Functional', '149.00', false, false, ['Cortisol day curve']],
  ['Food Sensitivity 96', 'Oakline Functional', '289.00', false, false, ['IgG foods A', 'IgG foods B']],
];

/** Id of a seed variant: the product's name and the units of the pack. */
function toSeedVariantId(productName: string, units: number): string {
  return toSeedId('variant', `${productName}/${units}`);
}

/** Id of a seed lab panel. */
export function toSeedPanelId(name: string): string {
  return toSeedId('lab-panel', name);
}

function toDigits(text: string, length: number): string {
  return (BigInt(`0x${toSeedId('digits', text).replaceAll('-', '')}`) % 10n ** BigInt(length))
    .toString()
    .padStart(length, '0');
}

function plantProduct(state: SandboxState, brand: Brand, line: ProductLine, index: number): void {
  const [name, format, unitOfMeasure, packs, price] = line;
  const id = toSeedId('product', name);
  const status = index % 29 === 28 ? 'backordered' : 'available';
  const variants = packs.map((units, position): Variant => {
    const share = units / (packs[0] ?? units);
    return {
      id: toSeedVariantId(name, units),
      productId: id,
      sku: `${brand.prefix}-${toDigits(name, 4)}-${units}`,
      primary: position === 0,
      units,
      unitOfMeasure,
      availability: status === 'available' ? 'In Stock' : 'n/a',
      status,
      upc: toDigits(`${name}/${units}`, 12),
      msrp: (price * (1 + (share - 1) * 0.85)).toFixed(2),
    };
  });
  for (const variant of variants) state.variants.set(variant.id, variant);
  const termNames = Object.values(terms).map((names) => names[index % names.length]);
  const product: Product = {
    id,
    brandId: brand.id,
    name,
    descriptionHtml: `<p>${name.replaceAll('&', '&amp;')} by ${brand.name.replaceAll('&', '&amp;')}. Invented for the sandbox.</p>`,
    status,
    dosage: {
      amount: format === 'liquid' || format === 'drops' ? '5' : '1-2',
      frequency: index % 2 === 0 ? 'once per day' : 'twice per day',
      duration: index % 3 === 0 ? '30' : 'ongoing',
      format,
      additionalInfo: index % 4 === 0 ? 'or as directed by your practitioner' : null,
    },
    customDosages: {},
    variantIds: variants.map((variant) => variant.id),
    termIds: [...state.terms.values()].filter((term) => termNames.includes(term.name)).map((term) => term.id),
  };
  state.products.set(id, product);
}

/** Puts 10 brands, 80 products, the taxonomy and the lab panels into a state. */
export function plantCatalog(state: SandboxState): void {
  for (const [kind, names] of Object.entries(terms) as [TaxonomyKind, string[]][])
    for (const name of names) state.terms.set(toSeedId(kind, name), { id: toSeedId(kind, name), kind, name });
  let index = 0;
  for (const [name, lines] of Object.entries(catalog)) {
    const prefix = name
      .replace(/[^A-Za-z]/g, '')
      .slice(0, 3)
      .toUpperCase();
    const brand: Brand = { id: toSeedId('brand', name), name, prefix, status: 'available' };
    state.brands.set(brand.id, brand);
    for (const line of lines) {
      plantProduct(state, brand, line, index);
      index += 1;
    }
  }
  for (const [name, lab, price, requiresFasting, requiresDraw, tests] of panels) {
    const panel: LabPanel = {
      id: toSeedPanelId(name),
      name,
      lab,
      price,
      requiresFasting,
      requiresDraw,
      collectionMethod: requiresDraw ? 'blood draw' : 'kit at home',
      instructions: requiresFasting ? 'Fast for 12 hours before the draw. Water is fine.' : 'No preparation needed.',
      tests: tests.map((test) => ({ id: toSeedId('lab-test', `${name}/${test}`), name: test })),
    };
    state.labPanels.set(panel.id, panel);
  }
}
