import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fovea } from '@fovea/sdk';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPlatformProcess, type PlatformProcess } from '../chaos/platform-process.ts';
import { writeCocoSet } from '../medium/evaluation-sets.ts';
import { axeFindings, executablePath, launch, screenshot } from './browser.ts';

const WIDTHS = [
  ['desktop', { width: 1280, height: 900 }],
  ['phone', { width: 390, height: 844 }],
] as const;

describe.runIf(executablePath)('the pages of evaluations and jobs', () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let platform: PlatformProcess;
  let folder: string;
  let errors: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fovea-e2e-'));
    await writeCocoSet(join(folder, 'coco'));
    [browser, platform] = await Promise.all([
      launch(),
      startPlatformProcess(join(folder, 'data'), { FOVEA_LOG_LEVEL: 'warn', FOVEA_IMPORT_ROOTS: folder }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    platform?.child.kill('SIGTERM');
    await platform?.gone;
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    errors = [];
  });
  afterEach(async () => {
    await context?.close();
    expect(errors).toEqual([]);
  });

  async function visit(path: string, viewport: { width: number; height: number } = WIDTHS[0][1]) {
    context = await browser.newContext({ viewport });
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    const response = await page.goto(platform.url + path);
    expect(response?.headers()['content-security-policy']).toContain("default-src 'self'");
  }

  it('measures a model: from the form over the job to the report', async () => {
    await visit('/evaluations');
    await page.getByRole('heading', { name: 'Nothing has been measured yet' }).waitFor();
    await page.getByRole('button', { name: 'New evaluation' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Folder on the server').fill('/etc');
    await dialog.getByRole('button', { name: 'Start' }).click();
    await dialog.getByText('FORBIDDEN').waitFor();
    await dialog.getByLabel('Folder on the server').fill(join(folder, 'coco'));
    errors = errors.filter((error) => !error.includes('403'));
    await dialog.getByRole('button', { name: 'Start' }).click();

    await page.getByRole('heading', { name: 'Jobs', exact: true }).waitFor();
    await page.getByRole('list', { name: 'Jobs' }).getByText('Completed').waitFor({ timeout: 90_000 });
    await page.getByRole('link', { name: 'Open the report' }).click();
    await page.getByRole('heading', { name: /Detection on/ }).waitFor();
    expect(
      await page.getByRole('list', { name: 'Figures' }).getByRole('listitem').count(),
    ).toBeGreaterThanOrEqual(12);
    await page.getByRole('img', { name: /All classes/ }).waitFor();
  });

  it.each(WIDTHS)('shows the report, a picture from a click away: %s', async (name, viewport) => {
    const fovea = new Fovea({ baseUrl: platform.url });
    const { items } = await fovea.evaluations.list({ task: 'detection' });
    await visit(`/evaluations/${items[0]?.id}`, viewport);
    const worst = page.getByRole('region', { name: 'Pictures that went worst' });
    await worst.getByRole('button').first().click();
    await page.getByText(/^Found:/).waitFor();
    await page.getByText(/^Labelled:/).waitFor();
    const table = page.getByRole('region', { name: 'Figures of every class' });
    await table.getByRole('button', { name: 'Class', exact: true }).click();
    const classes = await table.getByRole('rowheader').allTextContents();
    expect(classes).toEqual([...classes].sort((a, b) => a.localeCompare(b)));
    await page.getByRole('region', { name: 'Confusion matrix' }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(viewport.width);
    await page.evaluate('document.fonts.ready');
    await screenshot(page, `evaluation-${name}`);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download Report' }).click();
    const report = JSON.parse(await readFile(await (await download).path(), 'utf8')) as { id: string };
    expect(report.id).toBe(items[0]?.id);
  });

  it.each(WIDTHS)('lists evaluations and jobs: %s', async (name, viewport) => {
    await visit('/evaluations', viewport);
    await page.getByRole('link', { name: 'Detection' }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await screenshot(page, `evaluations-${name}`);
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Jobs' }).click();
    await page.getByRole('list', { name: 'Jobs' }).getByText('Completed').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await screenshot(page, `jobs-${name}`);
  });

  it('cancels what waits, begins it again, and takes what is finished from the list', async () => {
    const fovea = new Fovea({ baseUrl: platform.url });
    const picture = await readFile('test/fixtures/samples/coffee.jpg');
    const { sha256 } = await fovea.blobs.put(picture, 'image/jpeg');
    await fovea.jobs.submit(
      'detection',
      Array.from({ length: 60 }, () => ({ blob: sha256 })),
    );
    await visit('/jobs');
    const row = page.getByRole('listitem').filter({ hasText: 'Detection' }).first();
    await row.getByRole('button', { name: /^Cancel job/ }).click();
    await row.getByText('Cancelled').waitFor();
    await row.getByRole('button', { name: 'Again' }).click();
    await row.getByText('Completed').waitFor({ timeout: 60_000 });
    await row.getByText('60 pictures').waitFor();
    await row.getByRole('button', { name: /^Remove job/ }).click();
    await expect.poll(() => page.getByRole('button', { name: /^Remove job/ }).count()).toBe(1);
  });

  it('deletes an evaluation after asking', async () => {
    const fovea = new Fovea({ baseUrl: platform.url });
    const { items } = await fovea.evaluations.list();
    await visit(`/evaluations/${items[0]?.id}`);
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete the evaluation' }).click();
    await page.getByRole('heading', { name: 'Nothing has been measured yet' }).waitFor();
  });
});
