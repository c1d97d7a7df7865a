import { codeVersion, openApi, Registry, repositoryRoot } from '@fovea/host';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { APPLICATIONS } from './applications.ts';

it('docs/openapi.json is what the schemas say (npm run test:unit -- -u writes it)', async () => {
  const registry = new Registry({ applications: APPLICATIONS });
  const resources = registry.resources().map(({ definition }) => definition);
  const document = openApi(registry.list(), codeVersion(repositoryRoot()), resources);
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(
    join(repositoryRoot(), 'docs', 'openapi.json'),
  );
});
