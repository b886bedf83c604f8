import { html } from 'hono/html';
import type { Sandbox } from '../sandbox.ts';
import type { Plan, Product, Recommendation, Variant } from '../state.ts';
import { toPrice, type Markup } from './layout.ts';
import { readOptionalText, readText, readTexts } from './respond.ts';

/** What the builder edits: it becomes the plan's content on Save, Send or Update. */
export interface PlanWork {
  readonly recommendations: readonly Recommendation[];
  readonly labPanelIds: readonly string[];
  readonly personalMessage: string | null;
}

/** The plan's present content, as a start for editing. */
export function toPlanWork(plan: Plan): PlanWork {
  return {
    recommendations: plan.recommendations,
    labPanelIds: plan.labRecommendations.map((lab) => lab.panelId),
    personalMessage: plan.personalMessage,
  };
}

const timesOfDay = ['morning', 'afternoon', 'evening', 'bedtime'];

/** Suggestions of the dosage fields; other text is allowed, as at Fullscript. */
const suggestions: Readonly<Record<string, readonly string[]>> = {
  frequency: [
    'once per day',
    'twice per day',
    'three times per day',
    'four times per day',
    'every morning',
    'every night',
  ],
  duration: ['30', '60', '90', 'as needed', 'until symptoms resolve', 'ongoing'],
  format: [
    'capsule',
    'chewable',
    'gel',
    'liquid',
    'lozenge',
    'packet',
    'pellet',
    'drops',
    'powder',
    'strip',
    'suppository',
    'tablet',
  ],
  'take-with': ['food', 'water', 'juice', 'empty stomach'],
};

/** The lists of suggestions that the fields of {@link createLineEditor} refer to; once on each page with lines. */
export function createSuggestionLists(): Markup {
  return html`${Object.entries(suggestions).map(
    ([name, values]) =>
      html`<datalist id="list-${name}">${values.map((value) => html`<option value="${value}"></option>`)}</datalist>`,
  )}`;
}

/** A variant with its product, or null when the catalogue has lost it. */
export function findVariant(sandbox: Sandbox, variantId: string): { variant: Variant; product: Product } | null {
  const variant = sandbox.state.variants.get(variantId);
  const product = variant === undefined ? undefined : sandbox.state.products.get(variant.productId);
  return variant === undefined || product === undefined ? null : { variant, product };
}

/** A pack in words, such as `60 capsules`. */
export function toPackText(variant: Variant): string {
  return `${variant.units} ${variant.unitOfMeasure}`;
}

/** How a line is to be taken, in one sentence; parts that are not given are left out. */
export function toDosageText(line: Recommendation): string {
  const { amount, frequency, duration, format, timeOfDay } = line.dosage;
  const days = duration !== null && /^\d+$/.test(duration) ? `for ${duration} days` : duration;
  const parts = [
    [amount, format].filter((part) => part !== null).join(' '),
    frequency,
    timeOfDay.join(' and '),
    line.takeWith === null ? null : `with ${line.takeWith}`,
    days,
  ];
  return parts.filter((part) => part !== null && part !== '').join(', ') || 'As discussed';
}

/** A first line for a variant: the practitioner's own dosage if they have one for it, else the maker's. */
export function createLine(sandbox: Sandbox, variantId: string, practitionerId: string): Recommendation {
  const product = findVariant(sandbox, variantId)?.product;
  const dosage = product?.customDosages[practitionerId] ?? product?.dosage;
  return {
    variantId,
    refill: true,
    unitsToPurchase: 1,
    takeWith: null,
    dosage: {
      amount: dosage?.amount ?? null,
      frequency: dosage?.frequency ?? null,
      duration: dosage?.duration ?? null,
      format: dosage?.format ?? null,
      additionalInfo: dosage?.additionalInfo ?? null,
      timeOfDay: [],
    },
  };
}

/** The variant's picture, which the sandbox serves itself. */
export function createPicture(variantId: string): Markup {
  return html`<img class="thumb" src="/images/variants/${variantId}/small.svg" width="44" height="44" alt="" />`;
}

/** The card of one line with its dosage fields. Field names carry `key`, the line's place in the form. */
export function createLineEditor(sandbox: Sandbox, line: Recommendation, key: number): Markup {
  const found = findVariant(sandbox, line.variantId);
  const name = found?.product.name ?? line.variantId;
  const field = (part: string, label: string, value: string | null, list: string | null, type = 'text'): Markup =>
    html`<div class="field">
      <label for="${part}-${key}">${label}</label>
      <input
        id="${part}-${key}"
        name="${part}-${key}"
        type="${type}"
        ${type === 'number' ? html`min="1" step="1" required` : ''}
        value="${value ?? ''}"
        autocomplete="off"
        ${list === null ? '' : html`list="list-${list}"`}
        data-testid="${part}-${key}"
      />
    </div>`;
  const times = [...new Set([...timesOfDay, ...line.dosage.timeOfDay])];
  return html`<fieldset class="line" data-testid="plan-line" data-variant-id="${line.variantId}">
    <legend class="hide">${name}</legend>
    <input type="hidden" name="line" value="${key}" />
    <input type="hidden" name="variant-${key}" value="${line.variantId}" />
    <div class="line-head">
      ${createPicture(line.variantId)}
      <div class="grow">
        <h3>${name}</h3>
        <span class="quiet">
          ${
            found === null
              ? 'No longer in the catalogue'
              : html`${sandbox.state.brands.get(found.product.brandId)?.name ?? ''} · ${toPackText(found.variant)} ·
                ${toPrice(found.variant.msrp)}`
          }
        </span>
      </div>
      <button
        class="danger small"
        type="submit"
        name="do"
        value="remove:${key}"
        formnovalidate
        aria-label="Remove ${name}"
        data-testid="remove-line"
      >
        Remove
      </button>
    </div>
    <div class="fields">
      ${field('amount', 'Amount', line.dosage.amount, null)} ${field('format', 'Format', line.dosage.format, 'format')}
      ${field('frequency', 'Frequency', line.dosage.frequency, 'frequency')}
      ${field('duration', 'Duration (days)', line.dosage.duration, 'duration')}
      ${field('take-with', 'Take with', line.takeWith, 'take-with')}
      ${field('units', 'Packs to buy', String(line.unitsToPurchase), null, 'number')}
    </div>
    <div class="row spaced" role="group" aria-label="Time of day for ${name}">
      ${times.map(
        (time) =>
          html`<label class="check">
            <input
              type="checkbox"
              name="time-${key}"
              value="${time}"
              ${line.dosage.timeOfDay.includes(time) ? 'checked' : ''}
            />
            ${time}
          </label>`,
      )}
      <label class="check push">
        <input
          type="checkbox"
          name="refill-${key}"
          value="true"
          ${line.refill ? 'checked' : ''}
          data-testid="refill-${key}"
        />
        Refill
      </label>
    </div>
    ${field('info', 'Additional information', line.dosage.additionalInfo, null)}
  </fieldset>`;
}

/** Reads what {@link createLineEditor} and the message field posted. Units that are no whole number become 0, which the plan then refuses. */
export function readPlanWork(form: FormData): PlanWork {
  const recommendations = readTexts(form, 'line').map((key): Recommendation => {
    const units = Number(readText(form, `units-${key}`));
    return {
      variantId: readText(form, `variant-${key}`),
      refill: readText(form, `refill-${key}`) === 'true',
      unitsToPurchase: Number.isInteger(units) ? units : 0,
      takeWith: readOptionalText(form, `take-with-${key}`),
      dosage: {
        amount: readOptionalText(form, `amount-${key}`),
        frequency: readOptionalText(form, `frequency-${key}`),
        duration: readOptionalText(form, `duration-${key}`),
        format: readOptionalText(form, `format-${key}`),
        additionalInfo: readOptionalText(form, `info-${key}`),
        timeOfDay: readTexts(form, `time-${key}`),
      },
    };
  });
  return {
    recommendations,
    labPanelIds: readTexts(form, 'lab'),
    personalMessage: readOptionalText(form, 'personal_message'),
  };
}
