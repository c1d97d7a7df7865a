import type { RunPage } from '@fovea/contracts';
import { fixture } from '@fovea/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPlatformProcess, type PlatformProcess } from '../chaos/platform-process.ts';
import { axeFindings, executablePath, launch, screenshot } from './browser.ts';

const DESKTOP = { width: 1440, height: 900 };

describe.runIf(executablePath)('asking about a picture', () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let platform: PlatformProcess;
  let dataDir: string;
  let errors: string[];

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'fovea-e2e-'));
    [browser, platform] = await Promise.all([
      launch(),
      startPlatformProcess(dataDir, { FOVEA_LOG_LEVEL: 'warn' }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    platform?.child.kill('SIGTERM');
    await platform?.gone;
    await rm(dataDir, { recursive: true, force: true });
  });
  beforeEach(() => {
    errors = [];
  });
  afterEach(async () => {
    await context?.close();
    expect(errors).toEqual([]);
  });

  async function visit(path: string, viewport = DESKTOP): Promise<void> {
    context = await browser.newContext({ viewport });
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(platform.url + path);
  }
  const caption = () => page.getByRole('group', { name: 'Caption' });
  const box = () => page.getByRole('textbox', { name: 'Question' });
  const turns = () => page.getByRole('list', { name: 'Questions and answers' }).getByRole('listitem');
  const suggestions = () => page.getByRole('list', { name: 'Suggested questions' }).getByRole('button');
  const bring = async (name: string): Promise<void> => {
    await page.getByLabel('Files').setInputFiles(fixture(name));
    await caption().waitFor();
    await suggestions().first().waitFor();
  };

  it('captions, suggests, answers, and knows all of it after a reload', async () => {
    await visit('/ask');
    await bring('cat-chelsea.jpg');
    expect((await caption().innerText()).length).toBeGreaterThan(10);
    await page.getByRole('button', { name: 'what color is the cat?' }).click();
    await expect.poll(() => turns().count()).toBe(1);
    await turns().getByRole('link', { name: 'Run' }).waitFor();
    await box().fill('what color is the zebra?');
    await box().press('Enter');
    await turns().nth(1).getByText('I see no zebra').waitFor();
    // What was asked is not suggested again.
    expect(await suggestions().allInnerTexts()).not.toContain('what color is the cat?');
    await screenshot(page, 'ask-desktop');
    expect(await axeFindings(page)).toEqual([]);

    await page.reload();
    await caption().waitFor();
    await expect.poll(() => turns().count()).toBe(2);
    expect(await turns().first().innerText()).toContain('what color is the cat?');
    const sha256 = new URL(page.url()).searchParams.get('picture');
    const stored = (await (
      await fetch(`${platform.url}/v1/runs?input=${sha256}&task=vqa`)
    ).json()) as RunPage;
    expect(stored.items).toHaveLength(2);
    // The caption was not written a second time.
    const captions = (await (
      await fetch(`${platform.url}/v1/runs?input=${sha256}&task=caption`)
    ).json()) as RunPage;
    expect(captions.items).toHaveLength(1);
  });

  it('shows on the picture where the model looked for a word', async () => {
    await visit('/ask');
    await bring('coffee.jpg');
    const map = page.locator('main [class*=attended] img');
    expect(await map.count()).toBe(0);
    await caption().getByRole('button').nth(1).hover();
    await map.waitFor();
    await screenshot(page, 'ask-attention');
    await box().hover();
    await expect.poll(() => map.count()).toBe(0);
  });

  it('answers about another picture do not come to this one, and words are escaped', async () => {
    await visit('/ask');
    await bring('flower.jpg');
    await box().fill('<img src=x onerror=alert(1)> ?');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await turns().getByRole('link', { name: 'Run' }).waitFor();
    await page.getByRole('button', { name: 'Sample: Palace' }).click();
    await expect.poll(() => turns().allInnerTexts()).toEqual(['Nothing was asked about this picture yet.']);
  });

  it('says what is wrong with a file that is no picture', async () => {
    await visit('/ask');
    await page.getByLabel('Files').setInputFiles({
      name: 'notes.jpg',
      mimeType: 'image/jpeg',
      buffer: Buffer.from('not a picture'),
    });
    await page.getByRole('alert').waitFor();
    // The server's refusals are the browser's own lines of its console.
    errors = errors.filter((line) => !line.includes('the server responded with a status of 4'));
  });

  it('fits a phone', async () => {
    await visit('/ask', { width: 390, height: 844 });
    await bring('basketball-1.jpg');
    await suggestions().first().click();
    await turns().getByRole('link', { name: 'Run' }).waitFor();
    await screenshot(page, 'ask-phone');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    expect(await axeFindings(page)).toEqual([]);
  });
});
