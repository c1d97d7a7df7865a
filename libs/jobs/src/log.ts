/** Sentences for the operator. */
export interface JobsLog {
  info(message: string): void;
  warn(message: string): void;
}
