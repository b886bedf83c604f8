import { html } from 'hono/html';
import type { Sandbox } from '../sandbox.ts';
import { type Entrypoint } from '../state.ts';
import { toPrice, type Markup } from './layout.ts';
import { createPicture, toPackText, type PlanWork } from './plan-lines.ts';

/** Rows of each half of the catalogue: few until something is searched for. */
const maxHits = { unasked: 5, asked: 15 };

function matches(query: string, ...texts: (string | undefined)[]): boolean {
  const all = texts.join(' ').toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

function createProductHits(sandbox: Sandbox, query: string, taken: ReadonlySet<string>): Markup {
  const products = [...sandbox.state.products.values()].filter(
    (product) =>
      product.status !== 'unavailable' && matches(query, product.name, sandbox.state.brands.get(product.brandId)?.name),
  );
  const shown = query === '' ? maxHits.unasked : maxHits.asked;
  if (products.length === 0) return html`<p class="quiet">No supplement fits.</p>`;
  return html`<ul class="hits">
      ${products.slice(0, shown).flatMap((product) =>
        product.variantIds.flatMap((variantId) => {
          const variant = sandbox.state.variants.get(variantId);
          if (variant === undefined || variant.status === 'discontinued') return [];
          const brand = sandbox.state.brands.get(product.brandId)?.name ?? '';
          return [
            html`<li>
              ${createPicture(variant.id)}
              <div class="grow">
                <b>${product.name}</b><br /><span class="quiet"
                  >${brand} · ${toPackText(variant)} · ${toPrice(variant.msrp)}</span
                >
              </div>
              <button
                class="plain small"
                type="submit"
                name="do"
                value="add:${variant.id}"
                formnovalidate
                aria-label="Add ${product.name}, ${toPackText(variant)}"
                data-testid="add-supplement"
                data-variant-id="${variant.id}"
                ${taken.has(variant.id) ? 'disabled' : ''}
              >
                ${taken.has(variant.id) ? 'Added' : 'Add'}
              </button>
            </li>`,
          ];
        }),
      )}
    </ul>
    ${products.length > shown ? html`<p class="quiet">${products.length - shown} more: search to see them.</p>` : ''}`;
}

function createPanelHits(sandbox: Sandbox, query: string, taken: ReadonlySet<string>): Markup {
  const panels = [...sandbox.state.labPanels.values()].filter((panel) =>
    matches(query, panel.name, panel.lab, ...panel.tests.map((test) => test.name)),
  );
  if (panels.length === 0) return html`<p class="quiet">No lab panel fits.</p>`;
  return html`<ul class="hits">
    ${panels.slice(0, maxHits.asked).map(
      (panel) =>
        html`<li>
          <div class="grow">
            <b>${panel.name}</b><br />
            <span class="quiet"
              >${panel.lab} · ${panel.tests.map((test) => test.name).join(', ')} · ${toPrice(panel.price)}</span
            >
          </div>
          <button
            class="plain small"
            type="submit"
            name="do"
            value="add-lab:${panel.id}"
            formnovalidate
            aria-label="Add ${panel.name}"
            data-testid="add-lab"
            data-panel-id="${panel.id}"
            ${taken.has(panel.id) ? 'disabled' : ''}
          >
            ${taken.has(panel.id) ? 'Added' : 'Add'}
          </button>
        </li>`,
    )}
  </ul>`;
}

/** The catalogue beside a plan: what fits `query`, without what the plan has; `entrypoint` says which half comes first. */
export function createCatalogue(sandbox: Sandbox, query: string, work: PlanWork, entrypoint: Entrypoint): Markup {
  const supplements = html`<section aria-labelledby="supplements">
    <h3 id="supplements">Supplements</h3>
    ${createProductHits(sandbox, query, new Set(work.recommendations.map((line) => line.variantId)))}
  </section>`;
  const labs = html`<section aria-labelledby="labs">
    <h3 id="labs">Lab panels</h3>
    ${createPanelHits(sandbox, query, new Set(work.labPanelIds))}
  </section>`;
  return html`<aside class="card stack catalogue" aria-label="Catalogue">
    <h2>Catalogue</h2>
    <div class="row nowrap">
      <input
        class="grow"
        type="search"
        name="q"
        value="${query}"
        aria-label="Search supplements and labs"
        placeholder="Product or test"
        data-testid="catalog-search"
      />
      <button class="plain" type="submit" name="do" value="search" formnovalidate data-testid="search">Search</button>
    </div>
    ${entrypoint === 'labs' ? html`${labs}${supplements}` : html`${supplements}${labs}`}
  </aside>`;
}
