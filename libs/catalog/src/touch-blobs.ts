/**
 * Ends an INSERT INTO blobs: one that is there already is about to be referred to again. DO UPDATE locks the row even
 * where its WHERE says no: garbage collection cannot take it away meanwhile.
 */
export const OR_TOUCH_BLOB =
  "ON CONFLICT (sha256) DO UPDATE SET touched_at = now() WHERE blobs.touched_at < now() - interval '1 minute'";
