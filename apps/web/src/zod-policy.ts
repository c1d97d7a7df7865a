import { config } from 'zod';

// zod would try whether it may compile code, which the host's Content-Security-Policy forbids and reports.
// This must run before any schema is made: main.tsx imports it first.
config({ jitless: true });
