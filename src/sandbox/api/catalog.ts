import { Hono } from 'hono';
import type { Sandbox } from '../sandbox.ts';
import { toBrandBody, toProductBody, toProductRow, toVariantBody } from '../shapes/catalog.ts';
import { Refusal, getThing, taxonomyKinds, type Product, type Term } from '../state.ts';
import { authorized, restricted } from './authorized.ts';
import { sortBy, toPage } from './lists.ts';
import { readParam, type ApiEnv } from './request.ts';

/** The word that wraps one term: `allergen` for `allergens`. */
function toSingular(kind: string): string {
  return kind.replace(/s$/, '');
}

/** Products, variants, brands and taxonomy. To be mounted under `/api`. */
export function createCatalogRoutes(sandbox: Sandbox): Hono<ApiEnv> {
  const { state } = sandbox;
  const routes = new Hono<ApiEnv>();
  const reads = authorized(sandbox, 'catalog:read');
  const opened = restricted(sandbox);
  const toRow = (product: Product): Record<string, unknown> => toProductRow(sandbox, product);

  routes.get('/catalog/products', reads, opened, (c) => {
    const { rows, meta } = toPage(c, sortBy(c, [...state.products.values()], { name: ({ name }) => name }), toRow);
    return c.json({ products: rows, meta });
  });

  routes.get('/catalog/search/products', reads, opened, (c) => {
    const words = (c.req.query('query') ?? '').toLowerCase().split(/\s+/);
    const brandId = c.req.query('brand_id');
    const termIds = taxonomyKinds.flatMap((kind) => c.req.queries(`${toSingular(kind)}_ids[]`) ?? []);
    const found = [...state.products.values()].filter((product) => {
      const text = `${product.name} ${getThing(state.brands, product.brandId).name}`.toLowerCase();
      return (
        words.every((word) => text.includes(word)) &&
        (brandId === undefined || product.brandId === brandId) &&
        termIds.every((id) => product.termIds.includes(id))
      );
    });
    const { rows, meta } = toPage(c, found, toRow);
    return c.json({ products: rows, meta });
  });

  routes.get('/catalog/products/:id', reads, (c) => {
    const product = getThing(state.products, readParam(c, 'id'));
    const { user } = c.var.caller;
    const practitionerId = c.req.query('practitioner_id') ?? (user.type === 'Practitioner' ? user.id : null);
    return c.json({ product: toProductBody(sandbox, product, practitionerId) });
  });

  routes.get('/catalog/products/:id/similar', reads, opened, (c) => {
    const product = getThing(state.products, readParam(c, 'id'));
    const similar = [...state.products.values()].filter(
      (other) => other !== product && other.termIds.some((id) => product.termIds.includes(id)),
    );
    const { rows, meta } = toPage(c, similar, toRow);
    return c.json({ products: rows, meta });
  });

  routes.get('/catalog/variants/:id', reads, (c) =>
    c.json({ variant: toVariantBody(sandbox, getThing(state.variants, readParam(c, 'id'))) }),
  );

  routes.get('/catalog/brands', reads, (c) => {
    const brands = [...state.brands.values()].filter(
      (brand) => c.req.query('available') !== 'true' || brand.status === 'available',
    );
    const { rows, meta } = toPage(c, sortBy(c, brands, { name: ({ name }) => name }), toBrandBody);
    return c.json({ brands: rows, meta });
  });
  routes.get('/catalog/brands/:id', reads, (c) =>
    c.json({ brand: toBrandBody(getThing(state.brands, readParam(c, 'id'))) }),
  );

  const toTermBody = ({ id, name }: Term): Record<string, unknown> => ({ id, name });
  for (const kind of taxonomyKinds) {
    routes.get(`/catalog/${kind}`, reads, (c) => {
      const terms = [...state.terms.values()].filter((term) => term.kind === kind);
      const { rows, meta } = toPage(c, sortBy(c, terms, { name: ({ name }) => name }), toTermBody);
      return c.json({ [kind]: rows, meta });
    });
    routes.get(`/catalog/${kind}/:id`, reads, (c) => {
      const term = getThing(state.terms, readParam(c, 'id'));
      if (term.kind !== kind) throw new Refusal(404, ['Not Found']);
      return c.json({ [toSingular(kind)]: toTermBody(term) });
    });
  }

  return routes;
}
