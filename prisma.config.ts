import { defineConfig } from 'prisma/config';

// Only for `prisma generate` and `prisma format`: migrations are applied by libs/catalog itself.
export default defineConfig({ schema: 'prisma/schema.prisma' });
