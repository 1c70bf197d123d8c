import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Hono } from 'hono';
import { openApiDocument } from '../openapi/index.js';
import type { AppDependencies, AppEnvironment } from './environment.js';

const assetsFolder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

const ASSETS: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cronhook API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#page', deepLinking: true, validatorUrl: null });\n`;

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The API's description and its rendered page, served from the package. */
export function docsRoutes(deps: AppDependencies): Hono<AppEnvironment> {
  const document = openApiDocument(deps);
  return new Hono<AppEnvironment>()
    .get('/openapi.json', (c) => c.json(document))
    .get('/docs', (c) => {
      c.header('Content-Security-Policy', POLICY);
      return c.html(PAGE);
    })
    .get('/docs/start.js', (c) => c.body(START, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }))
    .get('/docs/:asset{swagger-ui\\.css|swagger-ui-bundle\\.js|favicon-32x32\\.png}', async (c) => {
      const asset = c.req.param('asset');
      const content = await readFile(join(assetsFolder, asset));
      return c.body(new Uint8Array(content), 200, {
        'Content-Type': ASSETS[asset] ?? 'application/octet-stream',
      });
    });
}
