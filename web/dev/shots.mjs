// Takes pictures of the main pages in both themes from a server that runs already.
//
// `CHROMIUM=<path> node dev/shots.mjs <origin> <output folder>`; without CHROMIUM the system's Chrome is looked for.
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [origin = "http://127.0.0.1:8787", folder = "shots"] = process.argv.slice(2);
const browserChoice = process.env["CHROMIUM"] ? { executablePath: process.env["CHROMIUM"] } : { channel: "chrome" };
const FLAGS =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(" ");
mkdirSync(folder, { recursive: true });
const browser = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), "stepwell-shots-")), {
  ...browserChoice,
  args: FLAGS,
  viewport: { width: 1440, height: 900 },
});
const page = browser.pages()[0] ?? (await browser.newPage());
const complaints = [];
page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
page.on("pageerror", (error) => complaints.push(String(error)));

async function shot(name) {
  await page.waitForTimeout(700);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
const card = (key) => page.locator(`[data-key="${key}"]`).first();
async function over(key, x, y) {
  const box = await card(key).locator(".u-over, .heatmap").first().boundingBox();
  return [box.x + box.width * x, box.y + box.height * y];
}

for (const theme of ["dark", "light"]) {
  await page.addInitScript((choice) => localStorage.setItem("stepwell.theme", choice), theme);
  await page.goto(`${origin}/`);
  await shot(`${theme}-projects`);
  await page.goto(`${origin}/team/vision-pretrain`);
  await page.waitForSelector('[data-key="train/loss"][data-points]');
  await shot(`${theme}-workspace`);
  await page.mouse.move(...(await over("train/loss", 0.8, 0.75)));
  await shot(`${theme}-tooltip`);
  await page.mouse.move(...(await over("train/loss", 0.3, 0.5)));
  await page.mouse.down();
  await page.mouse.move(...(await over("train/loss", 0.305, 0.5)), { steps: 4 });
  await page.mouse.move(...(await over("train/loss", 0.33, 0.5)), { steps: 4 });
  await page.mouse.up();
  await shot(`${theme}-zoom`);
  await page.goto(`${origin}/team/vision-pretrain?q=unstable|train/loss|weights|caption|image&s=twema:.9&ranks=each`);
  await page.waitForSelector('[data-testid="heatmap-card"][data-points]');
  await page.mouse.move(...(await over("weights/layer1", 0.5, 0.5)));
  await shot(`${theme}-kinds`);
  await page.goto(`${origin}/team/vision-pretrain?q=image&step=20000`);
  await page.waitForSelector("img[data-loaded=true]");
  await shot(`${theme}-images`);
  await page.goto(`${origin}/team/vision-pretrain/runs?sort=summary.val/loss`);
  await page.waitForSelector('[data-testid="run-row"]');
  await shot(`${theme}-runs`);
  const run = await page.locator('[data-testid="run-row"]').nth(3).getAttribute("data-run");
  await page.goto(`${origin}/team/vision-pretrain/runs/${run}/overview`);
  await shot(`${theme}-overview`);
  await page.goto(`${origin}/team/vision-pretrain/runs/${run}/charts?y=log&x=relative`);
  await page.waitForSelector('[data-key="train/loss"][data-points]');
  await shot(`${theme}-run-charts`);
  await page.goto(`${origin}/team/small`);
  await page.waitForSelector('[data-key="train/loss"][data-points]');
  await shot(`${theme}-small`);
  await page.goto(`${origin}/team/empty`);
  await shot(`${theme}-empty`);
  await page.goto(`${origin}/team/missing`);
  await shot(`${theme}-missing`);
  await page.goto(`${origin}/team/vision-pretrain`);
  await page.waitForSelector('[data-key="train/loss"][data-points]');
  await page.keyboard.press("Control+k");
  await page.keyboard.type("loss");
  await shot(`${theme}-palette`);
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await shot(`${theme}-help`);
}
console.log(complaints.length === 0 ? "no complaints in the console" : [...new Set(complaints)].join("\n"));
await browser.close();
