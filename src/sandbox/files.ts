import { Hono } from 'hono';
import type { Sandbox } from './sandbox.ts';

const sizes: Readonly<Record<string, number>> = { small: 64, medium: 160, large: 400 };

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** A drawing of a bottle in a colour of its own. */
function toBottle(name: string, brand: string, hue: number, px: number): string {
  const label = name.length > 22 ? `${name.slice(0, 21)}…` : name;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${px}" height="${px}" viewBox="0 0 160 160" role="img" aria-label="${escapeXml(name)}">
<rect width="160" height="160" fill="#f4f6f3"/>
<rect x="60" y="14" width="40" height="20" rx="4" fill="hsl(${hue} 30% 30%)"/>
<rect x="44" y="34" width="72" height="112" rx="12" fill="hsl(${hue} 38% 46%)"/>
<rect x="44" y="66" width="72" height="52" fill="#fff"/>
<text x="80" y="86" text-anchor="middle" font-family="sans-serif" font-size="8" font-weight="bold" fill="#2e3a47">${escapeXml(brand)}</text>
<text x="80" y="102" text-anchor="middle" font-family="sans-serif" font-size="5.6" fill="#2e3a47">${escapeXml(label)}</text>
</svg>`;
}

/** Pictures of products and the text of handouts, which carry no secrets and need no login. */
export function createFileRoutes(sandbox: Sandbox): Hono {
  const { state } = sandbox;
  const routes = new Hono();

  routes.get('/images/variants/:id/:file', (c) => {
    const variant = state.variants.get(c.req.param('id'));
    const px = sizes[c.req.param('file').replace(/\.svg$/, '')];
    if (variant === undefined || px === undefined) return c.notFound();
    const product = state.products.get(variant.productId);
    const brand = product === undefined ? undefined : state.brands.get(product.brandId);
    const hue = Number.parseInt(variant.productId.slice(0, 4), 16) % 360;
    return c.body(toBottle(product?.name ?? '', brand?.name ?? '', hue, px), 200, {
      'content-type': 'image/svg+xml; charset=utf-8',
      'cache-control': 'public, max-age=3600',
    });
  });

  routes.get('/files/resources/:id/download', (c) => {
    const resource = state.resources.get(c.req.param('id'));
    if (resource === undefined) return c.notFound();
    c.header('Content-Disposition', 'attachment; filename="handout.txt"');
    return c.text(`${resource.name}\n${resource.type}, ${resource.category}\n\nA handout of the sandbox Fullscript.\n`);
  });

  return routes;
}
