import { z } from 'zod';
import type { ProductVariant } from '../domain/product.ts';
import type { Call } from './call.ts';
import type { Client } from './client.ts';
import type { Endpoint } from './endpoint.ts';
import { lenient, isRow, readOne, readText, wireId, wireNumber, wireText } from './wire.ts';

export interface Catalog {
  /** One sellable pack, with its product's name and brand. */
  getVariant(call: Call, id: string): Promise<ProductVariant>;
}

const variantEndpoint: Endpoint = { method: 'GET', route: '/catalog/variants/{id}', scopes: ['catalog:read'] };

const wireBrand = lenient((value) => readText(isRow(value) ? value['name'] : value));
const wireVariant = z
  .object({
    id: wireId,
    sku: wireText,
    units: wireNumber,
    unit_of_measure: wireText,
    availability: wireText,
    status: wireText,
    msrp: wireText,
    image_url_medium: wireText,
    image_url_large: wireText,
    image_url_small: wireText,
    product: z.object({ id: wireId, name: wireText, brand: wireBrand }),
    brand: wireBrand,
    name: wireText,
  })
  .transform((variant): ProductVariant => ({
    id: variant.id,
    productId: variant.product.id,
    name: variant.product.name ?? variant.name ?? '',
    brand: variant.product.brand ?? variant.brand ?? '',
    sku: variant.sku,
    units: variant.units,
    unitOfMeasure: variant.unit_of_measure,
    availability: variant.availability ?? variant.status,
    msrp: variant.msrp,
    imageUrl: variant.image_url_medium ?? variant.image_url_large ?? variant.image_url_small,
  }));

/** Makes the calls about products. */
export function createCatalog(client: Client): Catalog {
  return {
    getVariant: async (call, id) =>
      readOne(wireVariant, await client.ask(call, variantEndpoint, { params: { id } }), ['variant', 'product_variant']),
  };
}
