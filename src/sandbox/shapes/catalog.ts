import type { SandboxCore } from '../core.ts';
import { getThing, type Brand, type Dosage, type Product, type Variant } from '../state.ts';

/** A brand with its state. */
export function toBrandBody(brand: Brand): Record<string, unknown> {
  return { id: brand.id, name: brand.name, prefix: brand.prefix, status: brand.status };
}

function toBrandReference(core: SandboxCore, product: Product): Record<string, unknown> {
  const { id, name, prefix } = getThing(core.state.brands, product.brandId);
  return { id, name, prefix };
}

/** One sellable pack. */
export function toVariantBody(core: SandboxCore, variant: Variant): Record<string, unknown> {
  const product = getThing(core.state.products, variant.productId);
  const image = (size: string): string => `${core.baseUrl}/images/variants/${variant.id}/${size}.svg`;
  return {
    id: variant.id,
    sku: variant.sku,
    primary: variant.primary,
    units: variant.units,
    unit_of_measure: variant.unitOfMeasure,
    availability: variant.availability,
    status: variant.status,
    upc: variant.upc,
    msrp: variant.msrp,
    supplier_sku: variant.sku,
    image_url_small: image('small'),
    image_url_medium: image('medium'),
    image_url_large: image('large'),
    product: { id: product.id, name: product.name, brand: toBrandReference(core, product) },
  };
}

function toDosageBody(dosage: Omit<Dosage, 'timeOfDay'>): Record<string, unknown> {
  return {
    recommended_amount: dosage.amount,
    recommended_frequency: dosage.frequency,
    recommended_duration: dosage.duration,
    format: dosage.format,
    additional_info: dosage.additionalInfo,
  };
}

/** One product with its packs and dosages; `practitionerId` chooses whose own dosage is shown. */
export function toProductBody(
  core: SandboxCore,
  product: Product,
  practitionerId: string | null,
): Record<string, unknown> {
  const custom = practitionerId === null ? undefined : product.customDosages[practitionerId];
  return {
    id: product.id,
    name: product.name,
    description_html: product.descriptionHtml,
    brand: toBrandReference(core, product),
    variants: product.variantIds.map((id) => toVariantBody(core, getThing(core.state.variants, id))),
    dosage: toDosageBody(product.dosage),
    custom_dosage: custom === undefined ? null : toDosageBody(custom),
    status: product.status,
  };
}

/** The row of product lists and searches. */
export function toProductRow(core: SandboxCore, product: Product): Record<string, unknown> {
  const variants = product.variantIds.map((id) => getThing(core.state.variants, id));
  const primary = variants.find((variant) => variant.primary) ?? variants[0];
  return {
    id: product.id,
    name: product.name,
    brand: toBrandReference(core, product),
    primary_variant: primary === undefined ? null : toVariantBody(core, primary),
    variant_count: variants.length,
    status: product.status,
  };
}
