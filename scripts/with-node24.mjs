// node scripts/with-node24.mjs <script> [args…]: the script under Node 24, whatever `node` is on the path.
import { runUnderNode24 } from './node24.mjs';

try {
  runUnderNode24(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
