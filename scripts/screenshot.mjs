// The screenshot of README.md, from a running platform and Chromium:
//   npm start, then: node scripts/screenshot.mjs [address, default http://localhost:3000] [file]
// Runs the sample "Cat" twice (the first run loads the model, and its time would mislead) and takes the second.
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium } from './chromium.mjs';

const [
  address = 'http://localhost:3000',
  file = fileURLToPath(new URL('../docs/images/studio.png', import.meta.url)),
] = process.argv.slice(2);

const executablePath = findChromium();
if (!executablePath) throw new Error('No Chromium found: apt-get install chromium, or set CHROMIUM_PATH');

const browser = await chromium.launch({
  executablePath,
  // Chromium's own sandbox does not work for root.
  chromiumSandbox: process.getuid?.() !== 0,
});
try {
  const page = await browser.newPage({
    viewport: { width: 1360, height: 1000 },
    deviceScaleFactor: 1,
    colorScheme: 'light',
    reducedMotion: 'reduce',
  });
  for (const run of ['first', 'second']) {
    await page.goto(address);
    await page.getByRole('button', { name: 'Sample: Cat' }).click();
    await page.getByRole('region', { name: 'Result' }).getByText('cat').first().waitFor();
    if (run === 'second') await page.screenshot({ path: file });
  }
  console.log(file);
} finally {
  await browser.close();
}
