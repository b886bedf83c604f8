import type { SandboxCore } from '../core.ts';
import { toProductBody } from '../shapes/catalog.ts';
import { getThing, type Product } from '../state.ts';

/** What Fullscript's catalogue team does. */
export interface CatalogActions {
  /** Renames a product or changes its state. Records `product.updated`, or `product.description.updated` when only the description changed. */
  updateProduct(productId: string, changes: { name?: string; status?: string; descriptionHtml?: string }): Product;
}

/** The actions on the catalogue. */
export function createCatalogActions(core: SandboxCore): CatalogActions {
  return {
    updateProduct(productId, changes) {
      const product = getThing(core.state.products, productId);
      Object.assign(product, changes);
      const onlyText = changes.name === undefined && changes.status === undefined;
      const type = onlyText ? 'product.description.updated' : 'product.updated';
      core.emit('products', type, null, { product: toProductBody(core, product, null) });
      return product;
    },
  };
}
